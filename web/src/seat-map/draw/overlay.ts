import type { Point } from "../geometry";
import type { PlanSeat } from "../plan";
import { css } from "../theme";
import { halfOf, toPixels, type Frame } from "./frame";
import { traceSeat } from "./seat-shapes";

export interface Pointing {
  hovered: PlanSeat | undefined;
  focused: PlanSeat | undefined;
  lasso: readonly Point[];
}

/** What changes while the plan stands still: the rings about the seats meant, and the lasso. */
export function drawOverlay(frame: Frame, { hovered, focused, lasso }: Pointing): void {
  if (hovered) drawHover(frame, hovered);
  if (focused) drawFocus(frame, focused);
  if (lasso.length > 1) drawLasso(frame, lasso);
}

function drawHover(frame: Frame, seat: PlanSeat): void {
  const { context, theme, density } = frame;
  context.beginPath();
  traceSeat(frame, seat, 1.12 + (2 * density) / halfOf(frame, seat));
  context.strokeStyle = css(theme.ink);
  context.lineWidth = 2 * density;
  context.stroke();
}

/** Two rings, so that one is seen on any ground. */
function drawFocus(frame: Frame, seat: PlanSeat): void {
  const { context, theme, density } = frame;
  const { x, y } = toPixels(frame, seat);
  const radius = Math.max(8 * density, halfOf(frame, seat) * 1.5 + 3 * density);
  for (const [colour, width] of [
    [theme.ground, 7],
    [theme.focus, 3],
  ] as const) {
    context.beginPath();
    context.arc(x, y, radius, 0, Math.PI * 2);
    context.strokeStyle = css(colour);
    context.lineWidth = width * density;
    context.stroke();
  }
}

function drawLasso(frame: Frame, lasso: readonly Point[]): void {
  const { context, theme, density } = frame;
  context.beginPath();
  for (const [nth, corner] of lasso.entries()) {
    const { x, y } = toPixels(frame, corner);
    if (nth === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.closePath();
  context.fillStyle = css(theme.accent, 0.12);
  context.fill();
  context.setLineDash([6 * density, 4 * density]);
  context.strokeStyle = css(theme.accent);
  context.lineWidth = 2 * density;
  context.stroke();
  context.setLineDash([]);
}
