import { afterEach, expect, test, vi } from "vitest";
import { ServiceClock } from "./ticker.svelte";

const dated = (date: string) => new Response(null, { headers: { Date: date } });

afterEach(() => vi.restoreAllMocks());

test("the service's time runs on and never back, whatever the device's clock says", () => {
  const now = vi.spyOn(performance, "now");
  vi.spyOn(Date, "now").mockReturnValue(0);
  const clock = new ServiceClock();
  now.mockReturnValue(1_000);
  clock.read(dated("Fri, 01 Jan 2027 12:00:00 GMT"));
  const noon = Date.parse("2027-01-01T12:00:00Z");
  expect(clock.at(1_000)).toBe(noon);
  expect(clock.at(1_900)).toBe(noon + 900);

  // Whole seconds: this one seems to be earlier than what is known already.
  now.mockReturnValue(1_900);
  clock.read(dated("Fri, 01 Jan 2027 12:00:00 GMT"));
  expect(clock.at(1_900)).toBe(noon + 900);

  clock.read(dated("Fri, 01 Jan 2027 12:00:02 GMT"));
  expect(clock.at(1_900)).toBe(noon + 2_000);
});

test("an answer without a date leaves the device's clock", () => {
  vi.spyOn(Date, "now").mockReturnValue(5_000);
  vi.spyOn(performance, "now").mockReturnValue(1_000);
  const clock = new ServiceClock();
  clock.read(new Response());
  expect(clock.at(3_000)).toBe(7_000);
});
