import { expect, test } from "vitest";
import { detailAt } from "./detail";

const SEAT = 0.45;

test("a whole plan is either an overview or seats, at any size of screen", () => {
  for (let fit = 0.5; fit < 60; fit += 0.25) {
    const { seats } = detailAt(fit, SEAT, fit);
    expect([0, 1], `at ${fit} pixels in a metre`).toContain(seats);
  }
});

test("everything comes in gradually and stays", () => {
  let before = detailAt(1, SEAT, 1);
  for (let scale = 1; scale < 150; scale *= 1.01) {
    const now = detailAt(scale, SEAT, 1);
    for (const key of ["seats", "namesBehind", "categoryMarks", "rowLabels", "numbers"] as const) {
      expect(now[key]).toBeGreaterThanOrEqual(before[key]);
      expect(now[key] - before[key]).toBeLessThan(0.15);
    }
    before = now;
  }
  expect(before.numbers).toBe(1);
});
