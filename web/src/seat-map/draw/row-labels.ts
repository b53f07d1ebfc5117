import { distance, inflate, contains, type Point } from "../geometry";
import type { PlanRow, PlanSeat } from "../plan";
import { css } from "../theme";
import { setFont, toPixels, type Frame } from "./frame";
import { visibleSections } from "./sections";

/** How far from the last seat's middle, in sides of a seat. */
const AWAY_SEATS = 1.12;
const REACH_METRES = 2;

/** At both ends of every row, and in the middle of tables. */
export function drawRowLabels(frame: Frame): void {
  const { context, detail, theme } = frame;
  if (detail.rowLabels === 0) return;
  const region = inflate(frame.region, REACH_METRES);
  setFont(frame, Math.min(14, Math.max(8, detail.seatPixels * 0.62)), 600);
  context.fillStyle = css(theme.inkSoft);
  context.globalAlpha = detail.rowLabels;
  for (const section of visibleSections(frame)) {
    if (section.kind === "general_admission") continue;
    if (section.tables.length > 0) {
      for (const table of section.tables) {
        if (table.kind === "table") write(frame, table.name, table.nameAt);
      }
      continue;
    }
    for (const row of section.rows) {
      for (const at of placesOf(row, section.seatSize)) {
        if (contains(region, at)) write(frame, row.label, at);
      }
    }
  }
  context.globalAlpha = 1;
}

function write(frame: Frame, text: string, at: Point): void {
  const { x, y } = toPixels(frame, at);
  frame.context.fillText(text, x, y);
}

/** Where a row's label stands: beyond both ends. */
export function placesOf({ seats }: PlanRow, seatSize: number): Point[] {
  const [first, last] = [seats[0], seats.at(-1)];
  if (!first || !last) return [];
  if (first === last) return [{ x: first.x - seatSize * AWAY_SEATS, y: first.y }];
  return [
    beyond(first, seats[1] as PlanSeat, seatSize),
    beyond(last, seats.at(-2) as PlanSeat, seatSize),
  ];
}

function beyond(end: Point, inner: Point, seatSize: number): Point {
  const length = Math.max(1e-6, distance(end, inner));
  const away = (seatSize * AWAY_SEATS) / length;
  return { x: end.x + (end.x - inner.x) * away, y: end.y + (end.y - inner.y) * away };
}
