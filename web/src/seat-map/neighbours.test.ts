import { expect, test } from "vitest";
import { neighbour, rowEnd } from "./neighbours";
import { readPlan } from "./read-plan";
import { sampleLayout } from "./sample-layout";
import { SeatPlaces } from "./seat-places";

const plan = readPlan(
  sampleLayout(
    { key: "L", at: [0, 0], rows: 3, seats: 6, aisleAfter: 3 },
    { key: "R", at: [40, 0.3], rows: 3, seats: 4 },
  ),
);
const places = new SeatPlaces(plan);
const seat = (label: string) => plan.byLabel.get(label)!;
const step = (from: string, ...keys: ("up" | "down" | "left" | "right")[]) =>
  keys.reduce((at, key) => neighbour(places, at, key) ?? at, seat(from)).label;

test("arrows go along the row, over an aisle, and to the next section", () => {
  expect(step("L-A-1", "right")).toBe("L-A-2");
  expect(step("L-A-3", "right")).toBe("L-A-4");
  expect(step("L-A-6", "right")).toBe("R-A-1");
  expect(step("R-B-1", "left")).toBe("L-B-6");
});

test("arrows go from row to row, straight if possible", () => {
  expect(step("L-A-5", "down")).toBe("L-B-5");
  expect(step("L-C-2", "up", "up")).toBe("L-A-2");
});

test("at the edge of the house there is nowhere to go", () => {
  expect(neighbour(places, seat("L-A-1"), "left")).toBeUndefined();
  expect(neighbour(places, seat("L-A-1"), "up")).toBeUndefined();
});

test("every seat is reached by arrows alone", () => {
  const reached = new Set([seat("L-A-1")]);
  for (const from of reached) {
    for (const key of ["up", "down", "left", "right"] as const) {
      const next = neighbour(places, from, key);
      if (next) reached.add(next);
    }
  }
  expect(reached.size).toBe(plan.seatCount);
});

test("home and end lead to the ends of the row", () => {
  expect(rowEnd(seat("L-B-4"), "first")?.label).toBe("L-B-1");
  expect(rowEnd(seat("L-B-4"), "last")?.label).toBe("L-B-6");
});
