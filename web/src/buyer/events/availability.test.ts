import { expect, test, vi } from "vitest";
import { availabilityOf } from "./availability";
import type { ListedEvent } from "./list.svelte";

vi.mock("../texts/locale", () => ({ locale: "en-GB" }));

const NOW = Date.parse("2027-01-01T12:00:00Z");
const TIMES = { starts_at: "2027-06-01T18:00:00Z", venue: { time_zone: "UTC" } };

function listed(changes: object): ListedEvent {
  const seats = { total: 100, free: 40, held: 10, booked: 50, blocked: 0 };
  return { state: "on_sale", seats, ...TIMES, ...changes } as ListedEvent;
}

const seats = (free: number, held: number) => ({ seats: { total: 100, free, held } });

test.each([
  [{}, "40 seats free", "soft"],
  [seats(9, 0), "Only 9 left", "few"],
  [seats(0, 0), "Sold out", "over"],
  [seats(0, 2), "All seats held or sold", "over"],
  [{ seats: null }, "On sale", "soft"],
  [{ state: "paused" }, "Sales are paused", "over"],
  [{ state: "closed" }, "Sales are over", "over"],
  [{ state: "cancelled" }, "Cancelled", "over"],
])("%j is told as %s", (changes, text, tone) => {
  expect(availabilityOf(listed(changes), NOW)).toMatchObject({ text, tone });
});

test("how full a house is is what is not free of it", () => {
  expect(availabilityOf(listed({}), NOW).share).toBeCloseTo(0.6);
  expect(availabilityOf(listed({ state: "closed" }), NOW).share).toBeUndefined();
});

test("an event that opens later says when, and one that has begun that it is over", () => {
  const later = listed({ sales_open_at: "2027-02-01T10:00:00Z" });
  expect(availabilityOf(later, NOW).text).toMatch(/^Sales open .*2027.*10:00/);
  const begun = listed({ starts_at: "2027-01-01T11:00:00Z" });
  expect(availabilityOf(begun, NOW).text).toBe("Sales are over");
});
