import { inkOn, mix, parseHex, type Rgb } from "../colour";
import { overlaps } from "../geometry";
import type { PlanSection } from "../plan";
import type { SeatStates } from "../seat-states";
import { css, type Theme } from "../theme";
import { drawFigure } from "./figures";
import { traceOutline, type Frame } from "./frame";
import { hatch } from "./hatch";

/** Standing areas stay areas, also near. */
const AREA_SHARE = 0.2;

export function visibleSections({ plan, region }: Frame): PlanSection[] {
  return plan.sections.filter(({ bounds }) => overlaps(bounds, region));
}

/** Sections as filled shapes: from afar the whole story, near only the ground that seats stand on. */
export function drawSections(frame: Frame): void {
  const { context, theme, density, detail } = frame;
  context.lineJoin = "round";
  for (const section of visibleSections(frame)) {
    traceOutline(frame, section.outline);
    context.fillStyle = css(fillOf(frame, section));
    context.fill();
    const hatched = hatchOf(frame, section);
    if (hatched > 0) {
      context.save();
      context.globalAlpha = hatched;
      context.fillStyle = hatch(context, css(theme.inkSoft, 0.28), density);
      context.fill();
      context.restore();
    }
    context.strokeStyle = css(edgeOf(frame, section));
    context.lineWidth = density;
    context.stroke();
    if (detail.seats > 0) drawTables(frame, section);
  }
}

/** How a section looks from afar, by how much of it is free. */
export function fillFromAfar(section: PlanSection, free: number | undefined, theme: Theme): Rgb {
  if (!free) return theme.section;
  const freeShare = free / Math.max(1, section.seatCount);
  const colour = parseHex(section.category.colour) as Rgb;
  // A last free seat must still be seen: the shade starts well above that of none.
  return mix(colour, theme.section, 0.3 + 0.7 * freeShare);
}

/** As it is drawn: between far and near. */
export function fillOf({ states, theme, detail }: Frame, section: PlanSection): Rgb {
  const far = fillFromAfar(section, states.freeIn(section), theme);
  const near = isOpenArea(states, section)
    ? mix(parseHex(section.category.colour) as Rgb, theme.ground, AREA_SHARE)
    : theme.section;
  return mix(near, far, detail.seats);
}

export function edgeOf({ states, theme, detail }: Frame, section: PlanSection): Rgb {
  const near = isOpenArea(states, section)
    ? (parseHex(section.category.colour) as Rgb)
    : mix(theme.ink, theme.section, 0.1);
  return mix(near, theme.ground, detail.seats);
}

/** How strongly a section is hatched: nothing in it is free, and no place shows that by itself. */
export function hatchOf({ states, detail }: Frame, section: PlanSection): number {
  if (states.freeIn(section) !== 0) return 0;
  const isArea = section.kind === "general_admission" && !detail.hasPlaces;
  return isArea ? 1 : 1 - detail.seats;
}

function isOpenArea(states: SeatStates, section: PlanSection): boolean {
  return section.kind === "general_admission" && (states.freeIn(section) ?? 0) > 0;
}

function drawTables(frame: Frame, section: PlanSection): void {
  frame.context.globalAlpha = frame.detail.seats;
  for (const table of section.tables) drawFigure(frame, table);
  frame.context.globalAlpha = 1;
}

export function inkFor(frame: Frame, section: PlanSection): Rgb {
  return inkOn(fillOf(frame, section));
}
