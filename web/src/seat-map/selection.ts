import type { Plan, PlanSeat } from "./plan";
import { FREE } from "./seat-states";

export type PickResult = "added" | "removed" | "full" | "taken";

const NONE: ReadonlySet<number> = new Set();

/** The seats that a person has picked out, in the order of picking. */
export class Selection {
  #seats: PlanSeat[] = [];

  constructor(readonly max: number) {}

  get seats(): readonly PlanSeat[] {
    return this.#seats;
  }

  get indices(): number[] {
    return this.#seats.map(({ index }) => index);
  }

  /** Picks a seat, or puts it back. */
  toggle(seat: PlanSeat, states: Uint8Array): PickResult {
    if (this.#seats.includes(seat)) {
      this.#seats = this.#seats.filter((one) => one !== seat);
      return "removed";
    }
    if (states[seat.index] !== FREE) return "taken";
    if (this.#seats.length >= this.max) return "full";
    this.#seats.push(seat);
    return "added";
  }

  /**
   * Replaces it by seats of these labels, as far as they are there, free or about to be the buyer's,
   * and not too many.
   */
  replace(labels: readonly string[], plan: Plan, states: Uint8Array, holding = NONE): void {
    const seats = [...new Set(labels)].flatMap((label) => plan.byLabel.get(label) ?? []);
    const mayStay = ({ index }: PlanSeat) => states[index] === FREE || holding.has(index);
    this.#seats = seats.filter(mayStay).slice(0, this.max);
  }

  /** Lets go what the buyer has already. Answers whether there was any. */
  dropOwn(own: ReadonlySet<number>): boolean {
    const before = this.#seats.length;
    this.#seats = this.#seats.filter(({ index }) => !own.has(index));
    return this.#seats.length < before;
  }

  /** Lets go what is not free any more, but for seats that are about to be the buyer's. Answers it. */
  dropTaken(states: Uint8Array, holding = NONE): PlanSeat[] {
    const isTaken = ({ index }: PlanSeat) => states[index] !== FREE && !holding.has(index);
    const taken = this.#seats.filter(isTaken);
    if (taken.length > 0) this.#seats = this.#seats.filter((seat) => !isTaken(seat));
    return taken;
  }
}
