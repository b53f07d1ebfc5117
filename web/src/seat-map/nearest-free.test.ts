import { expect, test } from "vitest";
import { nearestFree } from "./nearest-free";
import { readPlan } from "./read-plan";
import { sampleLayout } from "./sample-layout";

const plan = readPlan(
  sampleLayout(
    { key: "L", at: [0, 0], rows: 2, seats: 6, aisleAfter: 3 },
    { key: "M", at: [0, 3], rows: 2, seats: 6, category: "silver" },
    { key: "R", at: [5, 0], rows: 2, seats: 6 },
  ),
);
const indexOf = (label: string) => plan.byLabel.get(label)!.index;

/** Only these are free. */
function find(wanted: string[], free: string[], excluding: string[] = []): string[] {
  const states = new Uint8Array(plan.seatCount).fill(0x62);
  for (const label of free) states[indexOf(label)] = 0x2e;
  const found = nearestFree(plan, states, wanted.map(indexOf), new Set(excluding.map(indexOf)));
  return found.map((index) => plan.seats[index]!.label);
}

test("the closest free seat is offered for one", () => {
  expect(find(["L-A-2"], ["L-A-5", "L-B-2", "R-A-1"])).toEqual(["L-B-2"]);
});

test("two are offered side by side, though single seats are closer", () => {
  expect(find(["L-A-1", "L-A-2"], ["L-A-3", "L-B-1", "L-B-5", "L-B-6"])).toEqual([
    "L-B-5",
    "L-B-6",
  ]);
});

test("an aisle parts neighbours", () => {
  expect(find(["L-A-1", "L-A-2"], ["L-B-3", "L-B-4", "R-B-1", "R-B-2"])).toEqual([
    "R-B-1",
    "R-B-2",
  ]);
});

test("the same category counts for more than a shorter way", () => {
  expect(find(["L-B-1"], ["M-A-1", "R-B-6"])).toEqual(["R-B-6"]);
});

test("the same section comes before another one at the same distance", () => {
  expect(find(["L-A-6"], ["L-A-1", "R-A-1"])).toEqual(["L-A-1"]);
});

test("without neighbours, seats close to each other are offered", () => {
  const found = find(["L-A-1", "L-A-2", "L-A-3"], ["L-A-5", "L-B-5", "L-B-1", "R-A-6"]);

  expect(found).toHaveLength(3);
  expect(found).toEqual(expect.arrayContaining(["L-A-5", "L-B-5", "L-B-1"]));
});

test("seats that must not be offered are not, and too few are none", () => {
  expect(find(["L-A-1"], ["L-A-2"], ["L-A-2"])).toEqual([]);
  expect(find(["L-A-1", "L-A-2"], ["L-B-1"])).toEqual([]);
  expect(find([], ["L-B-1"])).toEqual([]);
  expect(nearestFree(plan, new Uint8Array(0), [1, 99_999])).toEqual([]);
});

test("no seat is offered twice", () => {
  expect(find(["L-A-1", "L-A-1"], ["L-A-2", "L-A-3"])).toEqual(["L-A-2"]);
});
