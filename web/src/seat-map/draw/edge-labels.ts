import type { Point } from "../geometry";
import type { PlanSeat } from "../plan";
import { css } from "../theme";
import { setFont, toPixels, type Frame } from "./frame";
import { placesOf } from "./row-labels";
import { visibleSections } from "./sections";

const PIXELS_FROM_EDGE = 14;
const PADDING_PIXELS = 5;
/** Closer to the edge a row's own label is cut off. */
const LABEL_ROOM_PIXELS = 7;
const SIZE = 11;

/** Rows of which neither end is in sight are named where the screen cuts them. */
export function drawEdgeLabels(frame: Frame): void {
  const { context, detail } = frame;
  if (detail.rowLabels === 0) return;
  setFont(frame, SIZE, 650);
  context.globalAlpha = detail.rowLabels;
  for (const section of visibleSections(frame)) {
    if (section.tables.length > 0 || section.kind === "general_admission") continue;
    for (const row of section.rows) {
      const ends = placesOf(row, section.seatSize).map((end) => toPixels(frame, end));
      if (ends.some((end) => isShown(frame, end, LABEL_ROOM_PIXELS))) continue;
      const at = crossing(frame, row.seats);
      if (at) drawLabel(frame, row.label, at);
    }
  }
  context.globalAlpha = 1;
}

/** Where a row first comes onto the screen: at its first seat there. */
function crossing(frame: Frame, seats: readonly PlanSeat[]): Point | undefined {
  let before: Point | undefined;
  for (const seat of seats) {
    const at = toPixels(frame, seat);
    if (isShown(frame, at)) return edgeBetween(frame, at, before ?? at);
    before = at;
  }
  return undefined;
}

/** On the screen, and so many pixels from its edge. */
function isShown({ context, density }: Frame, { x, y }: Point, inset = 0): boolean {
  const away = inset * density;
  const { width, height } = context.canvas;
  return x >= away && x <= width - away && y >= away && y <= height - away;
}

/** On the edge that lies between a point on the screen and one that is not. */
function edgeBetween({ context, density }: Frame, inside: Point, outside: Point): Point {
  const { width, height } = context.canvas;
  const away = PIXELS_FROM_EDGE * density;
  const into = (place: number, side: number) => Math.min(side - away, Math.max(away, place));
  const isSideways = outside.x < 0 || outside.x > width;
  return isSideways
    ? { x: into(outside.x, width), y: into(inside.y, height) }
    : { x: into(inside.x, width), y: into(outside.y, height) };
}

function drawLabel(frame: Frame, label: string, { x, y }: Point): void {
  const { context, density, theme } = frame;
  const width = context.measureText(label).width + PADDING_PIXELS * 2 * density;
  const height = SIZE * 1.5 * density;
  context.fillStyle = css(theme.ink, 0.78);
  context.beginPath();
  context.roundRect(x - width / 2, y - height / 2, width, height, height / 2);
  context.fill();
  context.fillStyle = css(theme.ground);
  context.fillText(label, x, y);
}
