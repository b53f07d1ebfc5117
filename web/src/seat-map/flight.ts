import type { Point } from "./geometry";
import type { View } from "./camera";

/** Long enough to follow, short enough not to wait for. */
export const FLIGHT_MS = 320;

/** A smooth way from one view to another. */
export class Flight {
  constructor(
    readonly from: View,
    readonly to: View,
    readonly start: number,
    readonly duration = FLIGHT_MS,
  ) {}

  isOver(now: number): boolean {
    return now - this.start >= this.duration;
  }

  /** The scale changes evenly to the eye, and what does not move in the end does not move before. */
  at(now: number): View {
    const share = ease(Math.min(1, Math.max(0, (now - this.start) / this.duration)));
    const { from, to } = this;
    const scale = from.scale * (to.scale / from.scale) ** share;
    const isPan = Math.abs(to.scale / from.scale - 1) < 1e-6;
    const way = isPan ? share : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
    return { scale, centre: between(from.centre, to.centre, way) };
  }
}

function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
}

function ease(share: number): number {
  return 1 - (1 - share) ** 3;
}
