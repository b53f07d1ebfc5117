import type { Plan } from "../../seat-map";
import { Paced } from "../parts/paced";
import { poll } from "../parts/poll";
import { NO_SEATS, seatsNamed } from "./kept";
import { findTerms, findWaitlistSeats } from "../waitlist/waitlist-calls";

/** Freed seats of a sold-out house come in bursts: they are read together. */
const PAUSE_MS = 1000;
/** How many people wait is not on the board. */
const COUNT_MS = 15_000;

/** What an event's waitlist means for its seats. Where it cannot be read, the house shows without. */
export class LiveWaitlist {
  waiting = $state(0);
  kept = $state.raw<ReadonlySet<number>>(NO_SEATS);
  offered = $state.raw<ReadonlySet<number>>(NO_SEATS);
  readonly #reading = new Paced(() => this.#readSeats(), PAUSE_MS);

  constructor(
    private readonly eventId: string,
    private readonly plan: Plan,
  ) {}

  start(): () => void {
    void this.#readCount();
    const stop = poll(() => this.#readCount(), COUNT_MS);
    return () => {
      stop();
      this.#reading.stop();
    };
  }

  /** Seats have gone off sale: some of them may be kept. */
  refresh(): void {
    this.#reading.ask();
  }

  async #readSeats(): Promise<void> {
    const seats = await findWaitlistSeats(this.eventId).catch(() => undefined);
    if (!seats) return;
    this.kept = seatsNamed(this.plan, seats.kept);
    this.offered = seatsNamed(this.plan, seats.offered);
  }

  async #readCount(): Promise<void> {
    const waitlist = await findTerms(this.eventId).catch(() => undefined);
    if (waitlist) this.waiting = waitlist.waiting;
  }
}
