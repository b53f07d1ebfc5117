import { mix, parseHex, standOut, type Rgb } from "../colour";
import { inflate } from "../geometry";
import type { PlanCategory, PlanSeat } from "../plan";
import { BOOKED, FREE, HELD, KEPT, UNKNOWN } from "../seat-states";
import { css, type Theme } from "../theme";
import { halfOf, type Frame } from "./frame";
import { traceSeat } from "./seat-shapes";

export type Look = "free" | "held" | "booked" | "blocked" | "kept" | "unknown" | "own";

/** Seats that are filled alike, drawn in one go. */
export interface Batch {
  look: Look;
  category: PlanCategory;
  seats: PlanSeat[];
}

/** A path of more subpaths than this takes longer to fill than two shorter ones. */
const PATH_SEATS_MAX = 250;
/** Seats stand out from their region by half a side and a ring. */
const REACH_METRES = 0.6;

export function gatherBatches(frame: Frame): Batch[] {
  const { places, region, states, detail } = frame;
  const batches = new Map<number, Batch>();
  places.grid.each(inflate(region, REACH_METRES), (seat) => {
    if (!detail.hasPlaces && seat.section.kind === "general_admission") return;
    const look = lookOf(states.stateOf(seat), states.isOwn(seat));
    const key = seat.category.nth * 8 + LOOKS.indexOf(look);
    const batch = batches.get(key);
    if (batch) batch.seats.push(seat);
    else batches.set(key, { look, category: seat.category, seats: [seat] });
  });
  return [...batches.values()].sort((a, b) => LOOKS.indexOf(a.look) - LOOKS.indexOf(b.look));
}

/** Lines across a seat: how far from its middle, and how long, in halves of its side. */
const HATCHES = [
  [-0.42, 0.3],
  [0, 0.55],
  [0.42, 0.3],
] as const;

/** In the order in which they are drawn. */
const LOOKS: readonly Look[] = ["blocked", "booked", "kept", "unknown", "held", "free", "own"];

export function lookOf(state: number, isOwn: boolean): Look {
  if (isOwn) return "own";
  if (state === FREE) return "free";
  if (state === HELD) return "held";
  if (state === KEPT) return "kept";
  if (state === UNKNOWN) return "unknown";
  return state === BOOKED ? "booked" : "blocked";
}

export function drawSeats(frame: Frame, batches: readonly Batch[]): void {
  if (frame.detail.seats === 0) return;
  frame.context.globalAlpha = frame.detail.seats;
  for (const batch of batches) {
    if (frame.detail.shape === "rectangle") drawRectangles(frame, batch);
    else drawShapes(frame, batch);
  }
  frame.context.globalAlpha = 1;
}

/** Small seats: upright rectangles, which are the fastest thing to draw. */
function drawRectangles(frame: Frame, { look, category, seats }: Batch): void {
  const { context, zoom, origin } = frame;
  context.fillStyle = css(smallFillOf(frame, look, category));
  const shrink = look === "blocked" || look === "booked" ? 0.6 : 0.92;
  for (const seat of seats) {
    const half = halfOf(frame, seat) * shrink;
    context.fillRect(
      seat.x * zoom + origin.x - half,
      seat.y * zoom + origin.y - half,
      half * 2,
      half * 2,
    );
  }
}

function smallFillOf({ theme }: Frame, look: Look, category: PlanCategory): Rgb {
  const colour = parseHex(category.colour) as Rgb;
  if (look === "own") return theme.accent;
  if (look === "free") return colour;
  if (look === "held") return mix(colour, theme.section, 0.4);
  if (look === "kept") return mix(theme.warning, theme.section, 0.75);
  if (look === "unknown") return unknownFill(theme);
  return mix(theme.ink, theme.section, look === "booked" ? 0.22 : 0.08);
}

function drawShapes(frame: Frame, batch: Batch): void {
  const { context, theme, density } = frame;
  const colour = parseHex(batch.category.colour) as Rgb;
  switch (batch.look) {
    case "free":
      fill(frame, batch.seats, colour);
      if (frame.detail.hasEdges) stroke(frame, batch.seats, standOut(colour, theme.section, 3));
      break;
    case "held":
      fill(frame, batch.seats, mix(colour, theme.section, 0.28));
      drawHatches(frame, batch.seats, mix(colour, theme.section, 0.75));
      break;
    case "booked":
      context.lineWidth = density;
      stroke(frame, batch.seats, mix(theme.ink, theme.section, 0.36), 0.62);
      break;
    case "kept":
      fill(frame, batch.seats, theme.warning, 0.4);
      context.lineWidth = density;
      stroke(frame, batch.seats, theme.warning, 0.86);
      break;
    case "unknown":
      fill(frame, batch.seats, unknownFill(theme));
      break;
    case "blocked":
      drawCrosses(frame, batch.seats, mix(theme.ink, theme.section, 0.24));
      break;
    case "own":
      fill(frame, batch.seats, theme.accent);
      stroke(frame, batch.seats, theme.accent, 1.22);
  }
}

function unknownFill({ ink, section }: Theme): Rgb {
  return mix(ink, section, 0.14);
}

function fill(frame: Frame, seats: readonly PlanSeat[], colour: Rgb, scale = 1): void {
  frame.context.fillStyle = css(colour);
  inChunks(seats, (chunk) => {
    frame.context.beginPath();
    for (const seat of chunk) traceSeat(frame, seat, scale);
    frame.context.fill();
  });
}

function stroke(frame: Frame, seats: readonly PlanSeat[], colour: Rgb, scale = 0.96): void {
  frame.context.strokeStyle = css(colour);
  frame.context.lineWidth = frame.density;
  inChunks(seats, (chunk) => {
    frame.context.beginPath();
    for (const seat of chunk) traceSeat(frame, seat, scale);
    frame.context.stroke();
  });
}

/** Held by others: hatched. */
function drawHatches(frame: Frame, seats: readonly PlanSeat[], colour: Rgb): void {
  if (!frame.detail.hasStateMarks) return;
  const { context, zoom, origin, density } = frame;
  context.strokeStyle = css(colour);
  context.lineCap = "round";
  context.lineWidth = Math.max(density, zoom * 0.035);
  inChunks(seats, (chunk) => {
    context.beginPath();
    for (const seat of chunk) {
      const half = halfOf(frame, seat);
      const [x, y] = [seat.x * zoom + origin.x, seat.y * zoom + origin.y];
      for (const [shift, length] of HATCHES) {
        const [dx, dy] = [shift * half, length * half];
        context.moveTo(x + dx - dy, y + dx + dy);
        context.lineTo(x + dx + dy, y + dx - dy);
      }
    }
    context.stroke();
  });
}

/** Not for sale: a thin cross in place of the seat. */
function drawCrosses(frame: Frame, seats: readonly PlanSeat[], colour: Rgb): void {
  const { context, zoom, origin, density } = frame;
  context.strokeStyle = css(colour);
  context.lineWidth = density;
  inChunks(seats, (chunk) => {
    context.beginPath();
    for (const seat of chunk) {
      const half = halfOf(frame, seat) * 0.4;
      const [x, y] = [seat.x * zoom + origin.x, seat.y * zoom + origin.y];
      context.moveTo(x - half, y - half);
      context.lineTo(x + half, y + half);
      context.moveTo(x + half, y - half);
      context.lineTo(x - half, y + half);
    }
    context.stroke();
  });
}

function inChunks(seats: readonly PlanSeat[], draw: (chunk: readonly PlanSeat[]) => void): void {
  for (let start = 0; start < seats.length; start += PATH_SEATS_MAX) {
    draw(seats.slice(start, start + PATH_SEATS_MAX));
  }
}
