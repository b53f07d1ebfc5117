import { expect, test } from "vitest";
import { clockText, markPassed, secondsLeft, spokenText } from "./countdown";

test("zero is shown only when the time is over", () => {
  expect(secondsLeft(1_000, 999)).toBe(1);
  expect(secondsLeft(1_000, 1_000)).toBe(0);
  expect(secondsLeft(1_000, 5_000)).toBe(0);
});

test.each([
  [0, "0:00"],
  [65, "1:05"],
  [600, "10:00"],
  [3_605, "1:00:05"],
])("%i seconds on the clock", (seconds, text) => {
  expect(clockText(seconds)).toBe(text);
});

test.each([
  [0, "0 seconds"],
  [1, "1 second"],
  [60, "1 minute"],
  [90, "1 minute 30 seconds"],
  [599, "10 minutes"],
  [600, "10 minutes"],
])("%i seconds aloud", (seconds, text) => {
  expect(spokenText(seconds)).toBe(text);
});

test("a mark is said once, also when several pass at once", () => {
  expect(markPassed(61, 60)).toBe(60);
  expect(markPassed(60, 59)).toBeUndefined();
  expect(markPassed(400, 50)).toBe(300);
});
