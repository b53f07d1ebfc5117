import { ProblemError } from "../../api";
import type { Entry } from "./entry";

/** How often an entry is asked for. */
export interface Pace {
  /** While nothing hints at a change. */
  everyMs: number;
  /** At least between two questions when something does. */
  hurriedMs: number;
}

const LONGEST_MS = 60_000;

/**
 * The nearer to the front, the more often: whoever has hundreds ahead hardly moves in a minute, and
 * ten thousand people who wait ask fewer than 200 times a second together.
 */
export function paceOf(entry: Entry): Pace | undefined {
  switch (entry.state) {
    case "unverified":
      return { everyMs: 10_000, hurriedMs: 10_000 };
    case "waiting": {
      const ahead = entry.ahead ?? 0;
      return {
        everyMs: Math.min(3_000 + 200 * ahead, LONGEST_MS),
        hurriedMs: Math.min(1_000 + 100 * ahead, LONGEST_MS),
      };
    }
    case "offered":
      // It is being placed, or booked.
      if (entry.offer?.state !== "held") return { everyMs: 1_500, hurriedMs: 1_000 };
      return { everyMs: 20_000, hurriedMs: 1_000 };
    default:
      return undefined;
  }
}

/** After so many failures one after another: longer each time, or as long as the service says. */
export function waitAfter(failures: number, error: unknown): number {
  const asked = error instanceof ProblemError ? (error.retryAfterSeconds ?? 0) : 0;
  return Math.max(Math.min(2_000 * 2 ** (failures - 1), LONGEST_MS), Math.min(asked, 600) * 1000);
}

/** Given, so that tests rule them. */
export interface Surroundings {
  now(): number;
  later(work: () => void, ms: number): () => void;
  /** From 0 to 1. */
  random(): number;
  isSeen(): boolean;
}

/**
 * Asks again and again, as long as the page is seen: in its pace, sooner after a hint, later after
 * failures. One question at a time.
 */
export class Watch {
  #pace: Pace | undefined;
  #askedAt = -Infinity;
  #dueAt = Infinity;
  #failures = 0;
  #isAsking = false;
  #isHinted = false;
  #isStopped = false;
  #stopTimer = () => {};

  /** `ask` answers the pace from then on, or nothing when there is no more to ask. */
  constructor(
    private readonly around: Surroundings,
    private readonly ask: () => Promise<Pace | undefined>,
  ) {}

  /** Goes on in this pace; what was just learnt need not be asked for. */
  goOn(pace: Pace | undefined): void {
    this.#failures = 0;
    this.#pace = pace;
    this.#askedAt = this.around.now();
    this.#plan(pace ? pace.everyMs * (0.75 + this.around.random() / 2) : Infinity);
  }

  /** Something hints at a change. */
  hurry(): void {
    this.#isHinted = this.#isAsking;
    if (!this.#pace || this.#failures > 0) return;
    const at = Math.max(this.around.now(), this.#askedAt + this.#pace.hurriedMs);
    if (at < this.#dueAt) this.#plan(at - this.around.now());
  }

  /** Asks at once. */
  async look(): Promise<void> {
    if (this.#isAsking || this.#isStopped) return;
    this.#isAsking = true;
    this.#stopTimer();
    try {
      this.#askedAt = this.around.now();
      this.goOn(await this.ask());
    } catch (error) {
      this.#failures += 1;
      this.#plan(waitAfter(this.#failures, error));
    } finally {
      this.#isAsking = false;
      // What was answered may be older than the hint.
      if (this.#isHinted) this.hurry();
    }
  }

  /** The page is seen again: clocks may have stood still meanwhile. */
  seen(): void {
    if (this.around.now() >= this.#dueAt) void this.look();
    else this.hurry();
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopTimer();
  }

  #plan(waitMs: number): void {
    this.#stopTimer();
    this.#stopTimer = () => {};
    this.#dueAt = this.around.now() + waitMs;
    if (this.#isStopped || waitMs === Infinity) return;
    this.#stopTimer = this.around.later(() => {
      if (this.around.isSeen()) void this.look();
    }, waitMs);
  }
}
