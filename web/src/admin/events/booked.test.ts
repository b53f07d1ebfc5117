import { expect, it } from "vitest";
import { booked } from "./booked";
import type { Event } from "./event-form";

it("is not said to be all seats where it is not known", () => {
  const seats = { total: 1200, free: 1197, held: 0, booked: 3, blocked: 0 };
  const event = (state: Event["state"], of: Event["seats"]) =>
    booked({ state, seats: of, seat_count: 1200 } as Event);

  expect(event("on_sale", seats)).toBe("3 of 1,200");
  expect(event("closed", null)).toBe("– of 1,200");
  expect(event("draft", null)).toBe("0 of 1,200");
});
