import { boundsOf, sizeOf, type Bounds, type Point } from "./geometry";
import { Grid } from "./grid";
import type { Figure, Plan, PlanSeat } from "./plan";

const CELL_METRES = 4;

/** Where seats are and which way they are turned; made once for a plan. */
export class SeatPlaces {
  readonly grid: Grid<PlanSeat>;
  /** Which way a seat's row runs, by seat index: the cosine and the sine. */
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  /** The side of an ordinary seat of the plan, in metres. */
  readonly seatSize: number;
  /** The side of an ordinary section, in metres. */
  readonly sectionSide: number;
  /** What text may not be written over. */
  readonly standing: { outline: Point[]; bounds: Bounds }[];

  constructor(plan: Plan) {
    this.grid = new Grid(plan.seats, CELL_METRES);
    this.cos = new Float32Array(plan.seatCount);
    this.sin = new Float32Array(plan.seatCount);
    for (const seat of plan.seats) {
      const angle = angleOf(seat);
      this.cos[seat.index] = Math.cos(angle);
      this.sin[seat.index] = Math.sin(angle);
    }
    this.seatSize = ordinarySeatSize(plan);
    this.standing = [...plan.sections, ...plan.figures.filter(isSolid)].map(({ outline }) => ({
      outline,
      bounds: boundsOf(outline),
    }));
    this.sectionSide = ordinarySectionSide(plan);
  }
}

function isSolid({ kind }: Figure): boolean {
  return kind !== "wall" && kind !== "floor";
}

export function isRound({ section }: PlanSeat): boolean {
  return section.tables.length > 0 || section.kind === "general_admission";
}

/** Along the line from the neighbour before to the one after: rows may be curved. */
function angleOf(seat: PlanSeat): number {
  const { rowSeats, positionInRow, section } = seat;
  const before = rowSeats[positionInRow - 1] ?? seat;
  const after = rowSeats[positionInRow + 1] ?? seat;
  if (before === after || isRound(seat)) return (section.rotation * Math.PI) / 180;
  return Math.atan2(after.y - before.y, after.x - before.x);
}

function ordinarySectionSide({ sections }: Plan): number {
  const sides = sections.map(({ bounds }) => {
    const { width, height } = sizeOf(bounds);
    return Math.sqrt(width * height);
  });
  return sides.sort((a, b) => a - b)[sides.length >> 1] ?? 0;
}

/** The median over all seats. */
function ordinarySeatSize({ sections, seatCount }: Plan): number {
  const bySize = sections
    .filter(({ kind }) => kind === "reserved")
    .sort((a, b) => a.seatSize - b.seatSize);
  let passed = 0;
  for (const section of bySize) {
    passed += section.seatCount;
    if (passed * 2 >= seatCount) return section.seatSize;
  }
  return bySize.at(-1)?.seatSize ?? 0.45;
}
