import { describe, expect, it } from "vitest";
import { bucketName, plotSeries } from "./series";

const T0 = Date.parse("2026-11-20T12:00:00Z") / 1000;

function bucket(minute: number, booked: number, cancelled = 0) {
  const at = new Date((T0 + minute * 60) * 1000).toISOString();
  return { at, booked, cancelled, revenue: "0.00" };
}

function at(minute: number): Date {
  return new Date((T0 + minute * 60) * 1000);
}

describe("sales over time", () => {
  it("are filled where nothing happened, and begin at nothing", () => {
    const series = plotSeries([bucket(0, 2), bucket(3, 5)], 60, at(4));
    expect(series.times.map((time) => (time - T0) / 60)).toEqual([-1, 0, 1, 2, 3]);
    expect(series.booked).toEqual([0, 2, 0, 0, 5]);
    expect(series.total).toEqual([0, 2, 2, 2, 7]);
  });

  it("go on to the present", () => {
    const series = plotSeries([bucket(0, 1)], 60, at(5.5));
    expect(series.times.at(-1)).toBe(T0 + 4 * 60);
    expect(series.total.at(-1)).toBe(1);
  });

  it("go down with what was cancelled", () => {
    expect(plotSeries([bucket(0, 4), bucket(1, 1, 3)], 60, at(1)).total).toEqual([0, 4, 2]);
  });

  it("are put in order first", () => {
    expect(plotSeries([bucket(1, 1), bucket(0, 4)], 60, at(1)).total).toEqual([0, 4, 5]);
  });

  it("are nothing where nothing was sold", () => {
    expect(plotSeries([], 60, at(5)).times).toEqual([]);
    expect(plotSeries([bucket(0, 1)], 0, at(5)).times).toEqual([]);
  });

  it("stay within bounds when a clock is wrong", () => {
    expect(plotSeries([bucket(0, 1)], 60, at(5_000_000)).times).toHaveLength(1000);
  });
});

it("names a bucket's length", () => {
  expect([60, 300, 3600, 86_400, 172_800, 90].map(bucketName)).toEqual([
    "minute",
    "5 minutes",
    "hour",
    "day",
    "2 days",
    "90 seconds",
  ]);
});
