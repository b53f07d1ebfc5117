import { expect, test } from "vitest";
import { boundsOf, innerPoint, isInside, reach, roomAt } from "./geometry";

const square = [
  { x: 0, y: 0 },
  { x: 4, y: 0 },
  { x: 4, y: 4 },
  { x: 0, y: 4 },
];
/** Open at the top: its middle is outside. */
const horseshoe = [
  { x: 0, y: 0 },
  { x: 2, y: 0 },
  { x: 2, y: 6 },
  { x: 8, y: 6 },
  { x: 8, y: 0 },
  { x: 10, y: 0 },
  { x: 10, y: 8 },
  { x: 0, y: 8 },
];

test("a point is inside an outline or not, whichever way it bends", () => {
  expect(isInside(square, { x: 2, y: 2 })).toBe(true);
  expect(isInside(square, { x: 5, y: 2 })).toBe(false);
  expect(isInside(horseshoe, { x: 5, y: 3 })).toBe(false);
  expect(isInside(horseshoe, { x: 5, y: 7 })).toBe(true);
  expect(isInside([], { x: 0, y: 0 })).toBe(false);
});

test("the reach is the way to the first edge", () => {
  expect(reach(square, { x: 1, y: 2 }, 0)).toBeCloseTo(3);
  expect(reach(square, { x: 1, y: 2 }, Math.PI)).toBeCloseTo(1);
  expect(reach(horseshoe, { x: 1, y: 7 }, -Math.PI / 2)).toBeCloseTo(7);
});

test("text has the room of the narrower of its two sides", () => {
  expect(roomAt(square, { x: 1, y: 2 }, 0, 0.5)).toBeCloseTo(2);
  expect(roomAt(square, { x: 2, y: 2 }, Math.PI / 2, 0.5)).toBeCloseTo(4);
  expect(roomAt(square, { x: 2, y: 3.8 }, 0, 0.5)).toBe(0);
});

test("a name can be put into a horseshoe", () => {
  const point = innerPoint(horseshoe);

  expect(isInside(horseshoe, point)).toBe(true);
});

test("nothing has empty bounds", () => {
  expect(boundsOf([]).min.x).toBe(Infinity);
  expect(boundsOf(square)).toEqual({ min: { x: 0, y: 0 }, max: { x: 4, y: 4 } });
});
