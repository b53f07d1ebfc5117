import { sentenceOf } from "../session/sentence";
import { findSales, type Sales } from "./house-calls";

/** In the rush of an opening the sums are read every other second, not with each booking. */
const PAUSE_MS = 2000;

/** An event's sales, read again after bookings. */
export class LiveSales {
  current = $state.raw<Sales>();
  failure = $state("");
  #isReading = false;
  #isWanted = false;
  #isStopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly eventId: string) {}

  refresh(): void {
    this.#isWanted = true;
    if (this.#isReading || this.#timer !== undefined) return;
    void this.#read();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#isStopped = true;
  }

  async #read(): Promise<void> {
    this.#isWanted = false;
    this.#isReading = true;
    try {
      this.current = await findSales(this.eventId);
      this.failure = "";
    } catch (cause) {
      this.failure = sentenceOf(cause);
    }
    this.#isReading = false;
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isWanted) void this.#read();
    }, PAUSE_MS);
  }
}
