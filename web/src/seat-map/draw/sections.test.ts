import { expect, test } from "vitest";
import { readPlan } from "../read-plan";
import { sampleLayout } from "../sample-layout";
import { SeatStates } from "../seat-states";
import type { Theme } from "../theme";
import { detailAt } from "./detail";
import type { Frame } from "./frame";
import { edgeOf, fillOf, hatchOf } from "./sections";

const layout = sampleLayout({ key: "A", at: [0, 0], rows: 1, seats: 3 });
layout.sections[0]!.kind = "general_admission";
const plan = readPlan(layout);
const area = plan.sections[0]!;
const theme = {
  section: [241, 240, 237],
  ground: [255, 255, 255],
  ink: [28, 29, 31],
} as Partial<Theme> as Theme;

/** The area as it is drawn, with places of these states, at so many pixels a seat. */
function look(bytes: string, pixels: number) {
  const states = new SeatStates(plan);
  states.replace(new TextEncoder().encode(bytes));
  const frame = { states, theme, detail: detailAt(pixels, 1, 1) } as Frame;
  return { fill: fillOf(frame, area), edge: edgeOf(frame, area), hatch: hatchOf(frame, area) };
}

test.each([
  ["from afar", 2],
  ["near", 8],
  ["so near that its places are seen", 12],
])("a standing area without a free place does not look free %s", (_, pixels) => {
  const open = look(".xb", pixels);

  for (const bytes of ["xxx", "bbb", "hhh", "xhb"]) {
    const full = look(bytes, pixels);
    expect(full.fill).toEqual(theme.section);
    expect(full.fill).not.toEqual(open.fill);
  }
});

test("one of which nothing is known looks neither free nor full", () => {
  expect(look("???", 2)).toMatchObject({ fill: theme.section, hatch: 0 });
});

test("near, it has no coloured edge; hatched it is until its places tell", () => {
  const near = look("xxx", 8);

  expect(near.edge).not.toEqual(look("..x", 8).edge);
  expect([2, 8, 12].map((pixels) => look("xxx", pixels).hatch)).toEqual([1, 1, 0]);
  expect([2, 8, 12].map((pixels) => look("x.x", pixels).hatch)).toEqual([0, 0, 0]);
});
