import { expect, test } from "vitest";
import { Grid } from "./grid";

const seats = Array.from({ length: 400 }, (_, nth) => ({
  nth,
  x: (nth % 20) * 0.5 - 5,
  y: Math.floor(nth / 20) * 0.5 - 5,
}));
const grid = new Grid(seats, 4);

test("the nearest is found across the borders of cells", () => {
  for (const seat of seats) {
    const found = grid.nearest({ x: seat.x + 0.2, y: seat.y - 0.2 }, 0.4);
    expect(found).toBe(seat);
  }
});

test("what is farther than the tolerance is missed", () => {
  expect(grid.nearest({ x: -5.5, y: -5 }, 0.49)).toBeUndefined();
  expect(grid.nearest({ x: -5.5, y: -5 }, 0.5)).toBe(seats[0]);
});

test("unwanted ones are passed over", () => {
  expect(grid.nearest({ x: -5, y: -5 }, 1, ({ nth }) => nth !== 0)?.nth).not.toBe(0);
});

test("bounds give what a look at all of them gives", () => {
  for (const bounds of [
    { min: { x: -1.1, y: -0.6 }, max: { x: 2.4, y: 3 } },
    { min: { x: -1000, y: -1000 }, max: { x: 1000, y: 1000 } },
    { min: { x: -Infinity, y: -Infinity }, max: { x: Infinity, y: Infinity } },
  ]) {
    const wanted = seats.filter(
      ({ x, y }) =>
        x >= bounds.min.x && x <= bounds.max.x && y >= bounds.min.y && y <= bounds.max.y,
    );
    expect(grid.within(bounds).sort((a, b) => a.nth - b.nth)).toEqual(wanted);
  }
});
