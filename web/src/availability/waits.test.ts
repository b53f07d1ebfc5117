import { expect, test } from "vitest";
import { waitAfter } from "./waits";

test("waits grow, up to a limit", () => {
  const waits = [0, 1, 2, 3, 10, 1000].map((failures) => waitAfter(failures, 1));

  expect(waits).toEqual([500, 1000, 2000, 4000, 30_000, 30_000]);
});

test("no two viewers wait alike, and nobody less than half", () => {
  expect(waitAfter(3, 0)).toBe(2000);
  expect(waitAfter(3, 0.5)).toBe(3000);
});

test("nobody comes before the service has asked them to", () => {
  for (const random of [0, 0.5, 1]) {
    expect(waitAfter(0, random, { retryAfterSeconds: 20 })).toBeGreaterThanOrEqual(20_000);
  }
  expect(waitAfter(0, 0, { isRefused: true })).toBe(30_000);
});
