import type { Point } from "./geometry";
import type { PlanSeat } from "./plan";
import type { SeatPlaces } from "./seat-places";

export type Direction = "up" | "down" | "left" | "right";

const WAYS: Record<Direction, Point> = {
  up: { x: 0, y: -1 },
  down: { x: 0, y: 1 },
  left: { x: -1, y: 0 },
  right: { x: 1, y: 0 },
};

/** A step to the side counts as much as so many steps ahead. */
const ASIDE_COST = 2;
/** Seats further aside than ahead by this are in another direction. */
const ASIDE_MAX = 1.2;
const REACHES_METRES = [1.5, 4, 12, 40, 150, 1000, Infinity];

/** The seat that an arrow key leads to, as the plan is drawn. */
export function neighbour(
  places: SeatPlaces,
  from: PlanSeat,
  direction: Direction,
): PlanSeat | undefined {
  const way = WAYS[direction];
  for (const reach of REACHES_METRES) {
    const found = cheapest(places, from, way, reach);
    // A seat that is dearer than the reach may be beaten by one beyond it.
    if (found && found.cost <= reach) return found.seat;
  }
  return undefined;
}

/** The first or the last seat of the row, as the keys Home and End mean it: left and right. */
export function rowEnd({ rowSeats }: PlanSeat, end: "first" | "last"): PlanSeat | undefined {
  return end === "first" ? rowSeats[0] : rowSeats.at(-1);
}

function cheapest(places: SeatPlaces, from: PlanSeat, way: Point, reach: number) {
  let best: { seat: PlanSeat; cost: number } | undefined;
  const bounds = {
    min: { x: from.x - reach, y: from.y - reach },
    max: { x: from.x + reach, y: from.y + reach },
  };
  places.grid.each(bounds, (seat) => {
    const [dx, dy] = [seat.x - from.x, seat.y - from.y];
    const ahead = dx * way.x + dy * way.y;
    const aside = Math.abs(dx * way.y - dy * way.x);
    if (ahead < 0.05 || aside > ahead * ASIDE_MAX) return;
    const cost = ahead + aside * ASIDE_COST;
    if (!best || cost < best.cost) best = { seat, cost };
  });
  return best;
}
