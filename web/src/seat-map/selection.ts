import type { Plan, PlanSeat } from "./plan";
import { FREE } from "./seat-states";

export type PickResult = "added" | "removed" | "full" | "taken";

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

  /** Replaces it by seats of these labels, as far as they are there, free, and not too many. */
  replace(labels: readonly string[], plan: Plan, states: Uint8Array): void {
    const seats = [...new Set(labels)].flatMap((label) => plan.byLabel.get(label) ?? []);
    this.#seats = seats.filter(({ index }) => states[index] === FREE).slice(0, this.max);
  }

  /** Lets go what is not free any more, unless it is the buyer's own. Answers those seats. */
  dropTaken(states: Uint8Array, own: ReadonlySet<number>): PlanSeat[] {
    const isTaken = ({ index }: PlanSeat) => states[index] !== FREE && !own.has(index);
    const taken = this.#seats.filter(isTaken);
    if (taken.length > 0) this.#seats = this.#seats.filter((seat) => !isTaken(seat));
    return taken;
  }
}
