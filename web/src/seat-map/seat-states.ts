import type { Plan, PlanSeat, PlanSection } from "./plan";

/** The bytes of a board: one ASCII character per seat. */
export const FREE = 0x2e;
export const HELD = 0x68;
export const BOOKED = 0x62;
export const BLOCKED = 0x78;
/** Kept for the waitlist: only a house's owner is told; on the public board it is blocked. */
export const KEPT = 0x77;
/** What nobody has told yet: of all seats of a board, or of none. */
export const UNKNOWN = 0x3f;

/** A board of which nothing is known yet. */
export function unknownStates(plan: Plan): Uint8Array {
  return new Uint8Array(plan.seatCount).fill(UNKNOWN);
}

export type MarkKind = "conflict" | "offer" | "selected" | "added" | "removed" | "moved";
export const MARK_KINDS: readonly MarkKind[] = [
  "selected",
  "added",
  "removed",
  "moved",
  "offer",
  "conflict",
];

export interface Counts {
  free: number;
  held: number;
  booked: number;
  blocked: number;
}

/** What every seat looks like now: the board's state, whose it is, and marks. */
export class SeatStates {
  #states: Uint8Array;
  #own = new Set<number>();
  readonly #marks = new Map<MarkKind, Set<number>>(MARK_KINDS.map((kind) => [kind, new Set()]));
  readonly #free: Int32Array;
  /** As counted last, to know what a change changes. */
  readonly #counted: Uint8Array;

  constructor(readonly plan: Plan) {
    this.#states = new Uint8Array(plan.seatCount).fill(FREE);
    this.#counted = new Uint8Array(plan.seatCount);
    this.#free = new Int32Array(plan.sections.length);
    this.count(plan.seats.keys());
  }

  get states(): Uint8Array {
    return this.#states;
  }

  /** Takes over the array of a board's copy; it may be changed in place. */
  replace(states: Uint8Array): void {
    if (states.length !== this.plan.seatCount) {
      throw new RangeError(
        `The plan has ${this.plan.seatCount} seats, but there are states of ${states.length}.`,
      );
    }
    this.#states = states;
    this.count(this.plan.seats.keys());
  }

  /** Looks at seats anew whose state may have changed. */
  count(indices: Iterable<number>): void {
    for (const index of indices) {
      const seat = this.plan.seats[index];
      if (!seat) continue;
      const [before, now] = [this.#counted[index], this.#states[index] as number];
      if (before === now) continue;
      const nth = seat.section.nth;
      this.#free[nth] = (this.#free[nth] ?? 0) + Number(now === FREE) - Number(before === FREE);
      this.#counted[index] = now;
    }
  }

  stateOf(seat: PlanSeat): number {
    return this.#states[seat.index] as number;
  }

  isOwn(seat: PlanSeat): boolean {
    return this.#own.has(seat.index);
  }

  get own(): ReadonlySet<number> {
    return this.#own;
  }

  /** Answers the seats that look different now. */
  setOwn(indices: Iterable<number>): number[] {
    const before = this.#own;
    this.#own = this.#known(indices);
    return changed(before, this.#own);
  }

  marked(kind: MarkKind): ReadonlySet<number> {
    return this.#marks.get(kind) as Set<number>;
  }

  setMarked(indices: Iterable<number>, kind: MarkKind): number[] {
    const before = this.#marks.get(kind);
    if (!before) throw new RangeError(`There is no mark "${String(kind)}".`);
    const now = this.#known(indices);
    this.#marks.set(kind, now);
    return changed(before, now);
  }

  marksOf(seat: PlanSeat): MarkKind[] {
    return MARK_KINDS.filter((kind) => this.#marks.get(kind)?.has(seat.index));
  }

  /** Nothing where the states are not known yet. */
  freeIn(section: PlanSection): number | undefined {
    if (this.#states[0] === UNKNOWN) return undefined;
    return this.#free[section.nth] ?? 0;
  }

  #known(indices: Iterable<number>): Set<number> {
    return new Set([...indices].filter((index) => this.plan.seats[index] !== undefined));
  }
}

export function countStates(states: Uint8Array): Counts {
  const counts = { free: 0, held: 0, booked: 0, blocked: 0 };
  for (const state of states) {
    if (state === FREE) counts.free++;
    else if (state === HELD) counts.held++;
    else if (state === BOOKED) counts.booked++;
    else counts.blocked++;
  }
  return counts;
}

function changed(before: ReadonlySet<number>, now: ReadonlySet<number>): number[] {
  const gone = [...before].filter((index) => !now.has(index));
  const come = [...now].filter((index) => !before.has(index));
  return [...gone, ...come];
}
