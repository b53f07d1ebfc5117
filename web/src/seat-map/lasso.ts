import { boundsOf, isInside, type Point } from "./geometry";
import type { PlanSeat } from "./plan";
import type { SeatPlaces } from "./seat-places";

/** A point closer to the last one than this adds nothing to the line. */
const STEP_PIXELS = 3;

/** A line drawn about seats: freehand, or a rectangle from corner to corner. */
export class Lasso {
  #corners: Point[];

  constructor(
    readonly start: Point,
    readonly isRectangle: boolean,
  ) {
    this.#corners = [start];
  }

  get corners(): readonly Point[] {
    return this.#corners;
  }

  /** Where the pointer is now, on the plan; `scale` says how large a pixel is there. */
  extend(to: Point, scale: number): void {
    if (this.isRectangle) {
      const { start } = this;
      this.#corners = [start, { x: to.x, y: start.y }, to, { x: start.x, y: to.y }];
      return;
    }
    const last = this.#corners.at(-1) as Point;
    if (Math.hypot(to.x - last.x, to.y - last.y) * scale >= STEP_PIXELS) this.#corners.push(to);
  }

  /** The indices of the seats whose middle it goes around, in order. */
  caught(places: SeatPlaces): number[] {
    if (this.#corners.length < 3) return [];
    const caught: PlanSeat[] = [];
    places.grid.each(boundsOf(this.#corners), (seat) => {
      if (isInside(this.#corners, seat)) caught.push(seat);
    });
    return caught.map(({ index }) => index).sort((a, b) => a - b);
  }
}
