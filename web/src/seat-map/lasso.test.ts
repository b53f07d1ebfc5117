import { expect, test } from "vitest";
import { Lasso } from "./lasso";
import { readPlan } from "./read-plan";
import { sampleLayout } from "./sample-layout";
import { SeatPlaces } from "./seat-places";

const plan = readPlan(sampleLayout({ key: "A", at: [0, 0], rows: 4, seats: 4 }));
const places = new SeatPlaces(plan);
const labels = (indices: number[]) => indices.map((index) => plan.seats[index]?.label);

test("a rectangle catches the seats whose middle it covers", () => {
  const lasso = new Lasso({ x: 0.3, y: 0.5 }, true);
  lasso.extend({ x: 0.9, y: 0.7 }, 100);
  lasso.extend({ x: 1.2, y: 2.2 }, 100);

  expect(labels(lasso.caught(places))).toEqual(["A-B-2", "A-B-3", "A-C-2", "A-C-3"]);
});

test("it does not matter from which corner a rectangle is drawn", () => {
  const lasso = new Lasso({ x: 1.2, y: 2.2 }, true);
  lasso.extend({ x: 0.3, y: 0.5 }, 100);

  expect(lasso.caught(places)).toHaveLength(4);
});

test("a freehand line catches what it goes around, bends included", () => {
  const lasso = new Lasso({ x: -0.2, y: -0.2 }, false);
  for (const [x, y] of [
    [1.7, -0.2],
    [1.7, 0.2],
    [0.2, 0.2],
    [0.2, 3.2],
    [-0.2, 3.2],
  ] as const) {
    lasso.extend({ x, y }, 100);
  }

  expect(labels(lasso.caught(places))).toEqual([
    "A-A-1",
    "A-A-2",
    "A-A-3",
    "A-A-4",
    "A-B-1",
    "A-C-1",
    "A-D-1",
  ]);
});

test("a tremble adds no corners, and a line without an inside catches nothing", () => {
  const lasso = new Lasso({ x: 0, y: 0 }, false);
  for (let nth = 0; nth < 50; nth++) lasso.extend({ x: 0.001 * nth, y: 0 }, 10);

  expect(lasso.corners).toHaveLength(1);
  expect(lasso.caught(places)).toEqual([]);
});
