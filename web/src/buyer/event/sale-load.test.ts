import { expect, test, vi } from "vitest";
import { Sale } from "./sale.svelte";

/** Questions that the test answers by hand, the first that was asked first. */
const service = vi.hoisted(() => ({ asked: [] as ((data: object) => void)[] }));

vi.mock("../session", () => ({
  open: {
    GET: (path: string) =>
      path.endsWith("/layout")
        ? Promise.reject(new Error("no plan here"))
        : new Promise((resolve) => {
            service.asked.push((data) => resolve({ data, response: new Response() }));
          }),
  },
  mine: {},
  guests: { freshen: async () => undefined },
  isKnown: () => false,
}));

test("an event that was read later is not overwritten by a slow answer of before", async () => {
  const sale = new Sale("e1");
  const loads = [sale.loadEvent(), sale.loadEvent()];

  service.asked[1]?.({ version: 4, state: "paused" });
  await loads[1];
  service.asked[0]?.({ version: 3, state: "on_sale" });
  await loads[0];

  expect(sale.event?.state).toBe("paused");
});
