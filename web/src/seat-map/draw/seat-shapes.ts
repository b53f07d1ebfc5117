import { isRound } from "../seat-places";
import type { PlanSeat } from "../plan";
import { halfOf, type Frame } from "./frame";

/** The part of a seat's half side that its corners are rounded by. */
const ROUNDING = 0.45;

/** Adds a seat's shape to the current path; `scale` shrinks or grows it about its middle. */
export function traceSeat(frame: Frame, seat: PlanSeat, scale = 1): void {
  const { context, zoom, origin, detail, places } = frame;
  const x = seat.x * zoom + origin.x;
  const y = seat.y * zoom + origin.y;
  const half = halfOf(frame, seat) * scale;
  if (isRound(seat)) {
    context.moveTo(x + half, y);
    context.arc(x, y, half, 0, Math.PI * 2);
    return;
  }
  const along = half * (places.cos[seat.index] as number);
  const across = half * (places.sin[seat.index] as number);
  if (detail.shape === "rounded") traceRounded(context, x, y, along, across);
  else traceSquare(context, x, y, along, across);
}

/** A square about a point; (c, s) is the way from its middle to the middle of a side. */
function traceSquare(path: CanvasPath, x: number, y: number, c: number, s: number): void {
  path.moveTo(x - c + s, y - s - c);
  path.lineTo(x + c + s, y + s - c);
  path.lineTo(x + c - s, y + s + c);
  path.lineTo(x - c - s, y - s + c);
  // Not closePath: in Chromium it costs more than all the rest.
  path.lineTo(x - c + s, y - s - c);
}

function traceRounded(path: CanvasPath, x: number, y: number, c: number, s: number): void {
  const k = 1 - ROUNDING;
  const [kc, ks] = [c * k, s * k];
  path.moveTo(x - kc + s, y - ks - c);
  path.lineTo(x + kc + s, y + ks - c);
  path.quadraticCurveTo(x + c + s, y + s - c, x + c + ks, y + s - kc);
  path.lineTo(x + c - ks, y + s + kc);
  path.quadraticCurveTo(x + c - s, y + s + c, x + kc - s, y + ks + c);
  path.lineTo(x - kc - s, y - ks + c);
  path.quadraticCurveTo(x - c - s, y - s + c, x - c - ks, y - s + kc);
  path.lineTo(x - c + ks, y - s - kc);
  path.quadraticCurveTo(x - c + s, y - s - c, x - kc + s, y - ks - c);
}
