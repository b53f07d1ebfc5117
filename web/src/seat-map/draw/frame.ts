import type { Bounds, Point } from "../geometry";
import type { Plan, PlanSeat } from "../plan";
import type { SeatStates } from "../seat-states";
import type { Theme } from "../theme";
import type { SeatPlaces } from "../seat-places";
import type { Detail } from "./detail";

/** Everything that a layer needs to draw some part of the plan. Coordinates on it are device pixels. */
export interface Frame {
  context: CanvasRenderingContext2D;
  plan: Plan;
  places: SeatPlaces;
  states: SeatStates;
  theme: Theme;
  detail: Detail;
  /** Device pixels in a metre. */
  zoom: number;
  /** Device pixels in a CSS pixel. */
  density: number;
  /** Where the plan's origin stands, in whole device pixels. */
  origin: Point;
  /** What part of the plan is to be drawn; more may be drawn, it is clipped. */
  region: Bounds;
}

export function toPixels({ zoom, origin }: Frame, { x, y }: Point): Point {
  return { x: x * zoom + origin.x, y: y * zoom + origin.y };
}

export function traceOutline(frame: Frame, outline: readonly Point[]): void {
  const { context } = frame;
  context.beginPath();
  for (const [nth, corner] of outline.entries()) {
    const { x, y } = toPixels(frame, corner);
    if (nth === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.closePath();
}

export function setFont(frame: Frame, cssPixels: number, weight = 400): void {
  const { context, theme, density } = frame;
  context.font = `${weight} ${cssPixels * density}px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
}

/** Half the side of a seat as drawn, in device pixels. */
export function halfOf(frame: Frame, seat: PlanSeat): number {
  return (seat.section.seatSize * frame.zoom) / 2;
}
