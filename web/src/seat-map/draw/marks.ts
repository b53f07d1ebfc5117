import { contains, inflate } from "../geometry";
import type { Rgb } from "../colour";
import type { PlanSeat } from "../plan";
import { MARK_KINDS, type MarkKind } from "../seat-states";
import { css, type Theme } from "../theme";
import { halfOf, type Frame } from "./frame";
import { traceCheck, traceCross, traceMinus, traceMove, tracePlus } from "./glyphs";

interface MarkLooks {
  colour: (theme: Theme) => Rgb;
  glyph: typeof traceCheck;
  dash: readonly number[];
}

const LOOKS: Record<MarkKind, MarkLooks> = {
  conflict: { colour: ({ danger }) => danger, glyph: traceCross, dash: [] },
  offer: { colour: ({ accent }) => accent, glyph: tracePlus, dash: [3, 2] },
  selected: { colour: ({ accent }) => accent, glyph: traceCheck, dash: [] },
  added: { colour: ({ success }) => success, glyph: tracePlus, dash: [] },
  removed: { colour: ({ danger }) => danger, glyph: traceMinus, dash: [3, 2] },
  moved: { colour: ({ warning }) => warning, glyph: traceMove, dash: [] },
};

/** From afar few marks are drawn large enough to be found, many only as large as their seats. */
const FEW = 120;
const FOUND_PIXELS = 4.5;
/** Marks reach this far beyond their seat's middle. */
export const MARK_REACH_PIXELS = 12;

export function drawMarks(frame: Frame): void {
  drawOwnFromAfar(frame);
  for (const kind of MARK_KINDS) {
    const seats = seatsHere(frame, frame.states.marked(kind));
    if (seats.length > 0) drawKind(frame, kind, seats);
  }
}

/** Where own seats are must be seen at once, also where seats are too small to be. */
function drawOwnFromAfar(frame: Frame): void {
  const { context, density, theme, detail } = frame;
  if (detail.seatPixels >= FOUND_PIXELS * 2) return;
  context.beginPath();
  for (const seat of seatsHere(frame, frame.states.own)) {
    addCircle(frame, seat, FOUND_PIXELS * density);
  }
  context.fillStyle = css(theme.accent);
  context.fill();
  context.lineWidth = 1.5 * density;
  context.strokeStyle = css(theme.ground);
  context.stroke();
}

function drawKind(frame: Frame, kind: MarkKind, seats: readonly PlanSeat[]): void {
  const { context, density, theme, detail } = frame;
  const { colour, glyph, dash } = LOOKS[kind];
  const least = seats.length <= FEW ? FOUND_PIXELS * density : 0;
  const radius = (seat: PlanSeat) => Math.max(least, halfOf(frame, seat) * 1.22);
  context.beginPath();
  for (const seat of seats) addCircle(frame, seat, radius(seat));
  context.fillStyle = css(colour(theme));
  context.fill();
  context.strokeStyle = css(theme.ground);
  context.lineWidth = 3 * density;
  context.stroke();
  context.strokeStyle = css(colour(theme));
  context.lineWidth = 2 * density;
  context.setLineDash(dash.map((length) => length * density));
  context.stroke();
  context.setLineDash([]);
  if (detail.categoryMarks > 0) drawGlyphs(frame, seats, glyph, radius);
}

function drawGlyphs(
  frame: Frame,
  seats: readonly PlanSeat[],
  glyph: typeof traceCheck,
  radius: (seat: PlanSeat) => number,
): void {
  const { context, zoom, origin, theme, density } = frame;
  context.beginPath();
  for (const seat of seats) {
    const [x, y] = [seat.x * zoom + origin.x, seat.y * zoom + origin.y];
    glyph(context, x, y, radius(seat) * 0.62);
  }
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = Math.max(1.75 * density, zoom * 0.05);
  context.strokeStyle = css(theme.ground);
  context.stroke();
}

function seatsHere({ plan, region, zoom }: Frame, indices: ReadonlySet<number>): PlanSeat[] {
  const around = inflate(region, 1 + (MARK_REACH_PIXELS * 2) / zoom);
  const seats: PlanSeat[] = [];
  for (const index of indices) {
    const seat = plan.seats[index];
    if (seat && contains(around, seat)) seats.push(seat);
  }
  return seats;
}

function addCircle({ context, zoom, origin }: Frame, seat: PlanSeat, radius: number): void {
  const [x, y] = [seat.x * zoom + origin.x, seat.y * zoom + origin.y];
  context.moveTo(x + radius, y);
  context.arc(x, y, radius, 0, Math.PI * 2);
}
