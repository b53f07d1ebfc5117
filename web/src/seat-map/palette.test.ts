import { expect, test } from "vitest";
import { contrast, difference, inkOn, mix, parseHex, standOut, type Rgb } from "./colour";
import { areDistinguishable, CATEGORY_MARKS, coloursOf, DIFFERENCE_MIN, markOf } from "./palette";
import { PALETTE, smallestDifference } from "./palette";

const rgb = (colour: string) => parseHex(colour) as Rgb;
const palette = PALETTE.map(rgb);
const LIGHT: Rgb = [241, 240, 237];
const DARK: Rgb = [40, 43, 47];

test("the simulation knows what colour-blind people mix up", () => {
  const [red, green] = [rgb("#c0392b"), rgb("#6b7a1e")];

  expect(difference(red, green)).toBeGreaterThan(0.15);
  expect(difference(red, green, "deuteranopia")).toBeLessThan(difference(red, green) / 2);
});

test("contrast is WCAG's", () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21);
  expect(contrast(rgb("#767676"), [255, 255, 255])).toBeCloseTo(4.54, 2);
});

test("every pair of the palette can be told apart, however one sees", () => {
  expect(smallestDifference(palette)).toBeGreaterThanOrEqual(DIFFERENCE_MIN);
});

test("numbers and marks on seats reach 4.5:1", () => {
  for (const colour of palette) expect(contrast(inkOn(colour), colour)).toBeGreaterThan(4.5);
});

test("edges of free seats reach 3:1 on the ground that they stand on, in both themes", () => {
  for (const ground of [LIGHT, DARK]) {
    for (const colour of palette) {
      expect(contrast(standOut(colour, ground, 3), ground)).toBeGreaterThanOrEqual(3);
    }
  }
});

test("names on sections reach 4.5:1 at every shade", () => {
  for (const ground of [LIGHT, DARK]) {
    for (const colour of palette) {
      for (let free = 0; free <= 1; free += 0.05) {
        const fill = mix(colour, ground, 0.3 + 0.7 * free);
        expect(contrast(inkOn(fill), fill)).toBeGreaterThan(4.5);
      }
    }
  }
});

test("a template's colours are kept when everybody can tell them apart", () => {
  const own = ["#CC3311", "#ee7733", "#009988", "#0077bb"];

  expect(coloursOf(own)).toEqual(own.map((colour) => colour.toLowerCase()));
});

test("otherwise the palette is used: mixed up, garbled, missing, or lost on the ground", () => {
  for (const own of [
    ["#ff0000", "#ff0008"],
    ["#c0392b", "#857a20"],
    ["red", "#0072b2"],
    [undefined, "#0072b2"],
    ["#fefefe", "#0072b2"],
    ["#141518", "#0072b2"],
  ]) {
    expect(coloursOf(own), String(own)).toEqual([PALETTE[0], PALETTE[1]]);
  }
  expect(areDistinguishable(["#0072b2"])).toBe(true);
});

test("fifty categories differ in colour or in mark", () => {
  const looks = coloursOf(new Array<undefined>(50).fill(undefined)).map(
    (colour, nth) => `${colour} ${markOf(nth)}`,
  );

  expect(new Set(looks).size).toBe(50);
  expect(CATEGORY_MARKS.length % PALETTE.length).not.toBe(0);
});
