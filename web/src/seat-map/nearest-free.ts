import { distance, type Point } from "./geometry";
import type { Plan, PlanSeat } from "./plan";
import { runsOf } from "./runs";
import { FREE } from "./seat-states";

/** As many metres as it costs to leave the category, the section, or each other. */
const OTHER_CATEGORY = 60;
const OTHER_SECTION = 12;
const APART = 500;
/** More wanted seats than this are not looked for together. */
const WANTED_MAX = 50;
/** Groups that are not in one row are gathered about so many starting points. */
const STARTS_MAX = 40;

interface Wish {
  seats: PlanSeat[];
  middle: Point;
  sections: Set<unknown>;
  categories: Set<unknown>;
}

/**
 * The nearest free seats like those wanted: as many, side by side if there are any such (an aisle
 * breaks the row), in the same section and category first, then by distance; [] when there are too
 * few.
 */
export function nearestFree(
  plan: Plan,
  states: Uint8Array,
  wanted: readonly number[],
  excluding: ReadonlySet<number> = new Set(),
): number[] {
  const seats = [...new Set(wanted)].flatMap((index) => plan.seats[index] ?? []);
  if (seats.length === 0 || seats.length > WANTED_MAX) return [];
  const wish: Wish = {
    seats,
    middle: middleOfAll(seats),
    sections: new Set(seats.map(({ section }) => section)),
    categories: new Set(seats.map(({ category }) => category)),
  };
  const isFree = (seat: PlanSeat) => states[seat.index] === FREE && !excluding.has(seat.index);
  const found = bestRun(plan, wish, isFree) ?? bestScatter(plan, wish, isFree);
  return found.map(({ index }) => index);
}

/** Neighbours in one row. */
function bestRun(
  plan: Plan,
  wish: Wish,
  isFree: (seat: PlanSeat) => boolean,
): PlanSeat[] | undefined {
  const count = wish.seats.length;
  let best: PlanSeat[] | undefined;
  let bestCost = Infinity;
  for (const { rows } of plan.sections) {
    for (const row of rows) {
      for (const run of runsOf(row.seats, isFree)) {
        for (let start = 0; start + count <= run.length; start++) {
          const cost = costOf(run, start, count, wish);
          if (cost >= bestCost) continue;
          best = run.slice(start, start + count);
          bestCost = cost;
        }
      }
    }
  }
  return best;
}

function costOf(run: readonly PlanSeat[], start: number, count: number, wish: Wish): number {
  let cost = 0;
  for (let nth = start; nth < start + count; nth++) cost += seatCost(run[nth] as PlanSeat, wish);
  return cost / count;
}

function seatCost(seat: PlanSeat, { middle, sections, categories }: Wish): number {
  return (
    distance(seat, middle) +
    (sections.has(seat.section) ? 0 : OTHER_SECTION) +
    (categories.has(seat.category) ? 0 : OTHER_CATEGORY)
  );
}

/** No such neighbours are left: those closest to each other, near what was wanted. */
function bestScatter(plan: Plan, wish: Wish, isFree: (seat: PlanSeat) => boolean): PlanSeat[] {
  const count = wish.seats.length;
  const free = plan.seats
    .filter(isFree)
    .map((seat) => ({ seat, cost: seatCost(seat, wish) }))
    .sort((a, b) => a.cost - b.cost);
  if (free.length < count) return [];
  let best: PlanSeat[] = [];
  let bestCost = Infinity;
  const near = free.slice(0, STARTS_MAX * 8);
  for (const { seat: first, cost } of near.slice(0, STARTS_MAX)) {
    const group = near
      .map(({ seat }) => ({ seat, away: distance(seat, first) + breakCost(seat, first) }))
      .sort((a, b) => a.away - b.away)
      .slice(0, count);
    const total = cost + group.reduce((sum, { away }) => sum + away, 0);
    if (group.length < count || total >= bestCost) continue;
    best = group.map(({ seat }) => seat);
    bestCost = total;
  }
  return best.sort((a, b) => a.index - b.index);
}

function breakCost(seat: PlanSeat, first: PlanSeat): number {
  return seat.section === first.section ? 0 : APART;
}

function middleOfAll(seats: readonly PlanSeat[]): Point {
  const sum = { x: 0, y: 0 };
  for (const { x, y } of seats) {
    sum.x += x;
    sum.y += y;
  }
  return { x: sum.x / seats.length, y: sum.y / seats.length };
}
