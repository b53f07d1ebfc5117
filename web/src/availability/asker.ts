import { toEnded } from "./ended";
import { RETRY_AFTER_SECONDS_MAX } from "./waits";

/** So often that a house in demand is nearly what it is, and so seldom that all may ask. */
const EVERY_MS = 15_000;
const ANSWER_MS_MAX = 20_000;

/** Asks the same again and again, from when it is begun until it is ended. */
export class Asker {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  constructor(readonly ask: (signal: AbortSignal) => Promise<void>) {}

  begin(inMs = waitBetween()): void {
    if (this.#timer === undefined && !this.#asking) this.#askIn(inMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#timer = this.#asking = undefined;
  }

  #askIn(ms: number): void {
    this.#timer = setTimeout(() => void this.#turn(), ms);
  }

  async #turn(): Promise<void> {
    const asking = new AbortController();
    this.#timer = undefined;
    this.#asking = asking;
    const limit = setTimeout(() => asking.abort(), ANSWER_MS_MAX);
    let bidden = 0;
    try {
      await this.ask(asking.signal);
    } catch (error) {
      const { retryAfterSeconds = 0 } = toEnded(error).hints;
      bidden = Math.min(retryAfterSeconds, RETRY_AFTER_SECONDS_MAX) * 1000;
    } finally {
      clearTimeout(limit);
    }
    if (this.#asking !== asking) return;
    this.#asking = undefined;
    this.#askIn(Math.max(bidden, waitBetween()));
  }
}

/** Never the same for all. */
function waitBetween(): number {
  return (EVERY_MS * (2 + Math.random())) / 3;
}
