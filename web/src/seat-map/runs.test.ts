import { expect, test } from "vitest";
import type { PlanSeat } from "./plan";
import { readPlan } from "./read-plan";
import { longestRun } from "./runs";
import { sampleLayout } from "./sample-layout";

const plan = readPlan(sampleLayout({ key: "L", at: [0, 0], rows: 2, seats: 6, aisleAfter: 4 }));

/** When only these are free. */
function longestOf(...free: string[]): number {
  return longestRun(plan, ({ label }: PlanSeat) => free.includes(label));
}

test("neighbours in one row are counted, and the longest stretch is told", () => {
  expect(longestOf()).toBe(0);
  expect(longestOf("L-A-1", "L-A-3")).toBe(1);
  expect(longestOf("L-A-1", "L-B-2", "L-B-3")).toBe(2);
});

test("an aisle ends a stretch, and so does a row", () => {
  expect(longestOf("L-A-4", "L-A-5")).toBe(1);
  expect(longestOf("L-A-6", "L-B-1")).toBe(1);
  expect(longestRun(plan, () => true)).toBe(4);
});

test("nothing is looked at beyond what is enough", () => {
  let nLooked = 0;
  const isFree = () => (nLooked += 1) > 0;
  expect(longestRun(plan, isFree, 3)).toBe(4);
  expect(nLooked).toBeLessThan(plan.seatCount * 2);
});

test("at places without seats, all of a row are together", () => {
  const layout = sampleLayout({ key: "G", at: [0, 0], rows: 1, seats: 6, aisleAfter: 3 });
  const open = {
    ...layout,
    sections: layout.sections.map((section) => ({ ...section, kind: "general_admission" })),
  };
  expect(longestRun(readPlan(open), ({ index }) => index % 2 === 0)).toBe(3);
});
