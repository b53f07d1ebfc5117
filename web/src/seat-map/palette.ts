import { difference, parseHex, VISIONS, type Rgb } from "./colour";

/** The second way to tell categories apart, in the legend and on seats that are near. */
export type CategoryMark =
  "dot" | "triangle" | "square" | "diamond" | "bar" | "cross" | "ring" | "wedge" | "star";

export const CATEGORY_MARKS: readonly CategoryMark[] = [
  "dot",
  "triangle",
  "square",
  "diamond",
  "bar",
  "cross",
  "ring",
  "wedge",
  "star",
];

/**
 * Six colours of Okabe and Ito, "Color Universal Design" (2008), and the two of Paul Tol's schemes
 * (SRON technical note EPS/TN/09-002, 3.2, 2021) that are farthest from them. Okabe and Ito's yellow and black are left out: one is
 * lost on light ground, the other on dark.
 */
export const PALETTE: readonly string[] = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#d55e00",
  "#56b4e9",
  "#cc79a7",
  "#ddcc77",
  "#aa3377",
];

/** The smallest distance in OKLab between any two categories, for any vision. */
export const DIFFERENCE_MIN = 0.05;

/** A template's colour that is nearly white or black would vanish in one of the themes. */
const GROUNDS: readonly Rgb[] = [
  [255, 255, 255],
  [19, 20, 22],
];
const GROUND_DIFFERENCE_MIN = 0.15;

/**
 * The colours of a plan's categories. A template's own colours speak to the regulars of a house, so
 * they are kept, unless there is a pair that somebody cannot tell apart.
 */
export function coloursOf(wanted: readonly (string | undefined)[]): string[] {
  if (areDistinguishable(wanted)) return wanted.map((colour) => (colour as string).toLowerCase());
  return wanted.map((_, nth) => PALETTE[nth % PALETTE.length] as string);
}

/** Eight colours and nine marks: the first 72 categories differ in one or the other. */
export function markOf(nth: number): CategoryMark {
  return CATEGORY_MARKS[nth % CATEGORY_MARKS.length] as CategoryMark;
}

export function areDistinguishable(wanted: readonly (string | undefined)[]): boolean {
  const colours = wanted.map((colour) => parseHex(colour ?? ""));
  if (!colours.every((colour) => colour !== undefined)) return false;
  const isSeen = (colour: Rgb) =>
    GROUNDS.every((ground) => difference(colour, ground) >= GROUND_DIFFERENCE_MIN);
  return colours.every(isSeen) && smallestDifference(colours) >= DIFFERENCE_MIN;
}

/** Of all pairs and all visions. */
export function smallestDifference(colours: readonly Rgb[]): number {
  let smallest = Infinity;
  for (const vision of VISIONS) {
    for (const [nth, one] of colours.entries()) {
      for (const other of colours.slice(nth + 1)) {
        smallest = Math.min(smallest, difference(one, other, vision));
      }
    }
  }
  return smallest;
}
