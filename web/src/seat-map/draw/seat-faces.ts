import { inkOn, mix, parseHex, type Rgb } from "../colour";
import type { PlanSeat, SeatFlag } from "../plan";
import { css } from "../theme";
import { traceCategoryMark } from "./category-marks";
import { halfOf, setFont, type Frame } from "./frame";
import { traceCheck, traceHiddenEye, tracePerson, traceWheelchair } from "./glyphs";
import type { Batch } from "./seats";

const GLYPHS: Record<SeatFlag, typeof traceCheck> = {
  accessible: traceWheelchair,
  companion: tracePerson,
  restricted_view: traceHiddenEye,
};

/** Above this a seat shows its number and its mark together. */
const ROOMY_PIXELS = 22;
/** Standing places are smaller than seats: their numbers come later. */
const NUMBER_PIXELS_MIN = 16;

/** What is written and drawn on seats: numbers, marks of categories, flags, a check on own ones. */
export function drawFaces(frame: Frame, batches: readonly Batch[]): void {
  const { context, detail } = frame;
  if (detail.categoryMarks === 0) return;
  for (const { look, category, seats } of batches) {
    const colour = parseHex(category.colour) as Rgb;
    if (look === "free") {
      drawFree(frame, seats, inkOn(colour));
    } else if (look === "own") {
      context.globalAlpha = detail.categoryMarks;
      drawGlyphs(frame, seats, frame.theme.onAccent, traceCheck, 0.62);
    } else if (look === "booked") {
      context.globalAlpha = detail.numbers;
      drawNumbers(frame, seats, mix(frame.theme.ink, frame.theme.section, 0.42), 0);
    }
    context.globalAlpha = 1;
  }
}

function drawFree(frame: Frame, seats: readonly PlanSeat[], ink: Rgb): void {
  const { context, detail } = frame;
  const isRoomy = detail.seatPixels >= ROOMY_PIXELS;
  const plain = seats.filter(({ flags }) => flags.length === 0);
  context.globalAlpha = detail.categoryMarks * (isRoomy ? 0.9 : 1 - detail.numbers) * 0.85;
  if (context.globalAlpha > 0) drawCategoryMarks(frame, plain, ink, isRoomy);
  context.globalAlpha = detail.numbers;
  if (detail.numbers > 0) drawNumbers(frame, plain, ink, isRoomy ? -0.22 : 0);
  context.globalAlpha = detail.categoryMarks;
  for (const flag of Object.keys(GLYPHS) as SeatFlag[]) {
    const flagged = seats.filter(({ flags }) => flags[0] === flag);
    if (flagged.length > 0) drawGlyphs(frame, flagged, ink, GLYPHS[flag], 0.68);
  }
}

function drawCategoryMarks(
  frame: Frame,
  seats: readonly PlanSeat[],
  ink: Rgb,
  isRoomy: boolean,
): void {
  const { context, zoom, origin } = frame;
  context.fillStyle = css(ink);
  context.beginPath();
  for (const seat of seats) {
    const half = halfOf(frame, seat);
    const isBelow = isRoomy && hasNumber(frame, half);
    const x = seat.x * zoom + origin.x;
    const y = seat.y * zoom + origin.y + (isBelow ? half * 0.5 : 0);
    traceCategoryMark[seat.category.mark](context, x, y, half * (isBelow ? 0.2 : 0.36));
  }
  context.fill();
}

function drawNumbers(frame: Frame, seats: readonly PlanSeat[], ink: Rgb, shift: number): void {
  if (frame.detail.numbers === 0) return;
  const { context, zoom, origin, detail } = frame;
  setFont(frame, Math.min(18, detail.seatPixels * (shift === 0 ? 0.46 : 0.42)), 600);
  context.fillStyle = css(ink);
  for (const seat of seats) {
    const half = halfOf(frame, seat);
    if (!hasNumber(frame, half)) continue;
    const x = seat.x * zoom + origin.x;
    const y = seat.y * zoom + origin.y + half * (shift + 0.06);
    context.fillText(seat.number, x, y, half * 1.8);
  }
}

function hasNumber({ density }: Frame, half: number): boolean {
  return half * 2 >= NUMBER_PIXELS_MIN * density;
}

function drawGlyphs(
  frame: Frame,
  seats: readonly PlanSeat[],
  ink: Rgb,
  trace: typeof traceCheck,
  share: number,
): void {
  const { context, zoom, origin } = frame;
  context.strokeStyle = css(ink);
  context.lineWidth = Math.max(frame.density, zoom * 0.035);
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  for (const seat of seats) {
    const x = seat.x * zoom + origin.x;
    const y = seat.y * zoom + origin.y;
    trace(context, x, y, halfOf(frame, seat) * share);
  }
  context.stroke();
}
