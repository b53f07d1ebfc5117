import { Paced } from "../parts/paced";
import { sentenceOf } from "../session/sentence";
import { findSales, type Sales } from "./house-calls";

/** In the rush of an opening the sums are read every other second, not with each booking. */
const PAUSE_MS = 2000;

/** An event's sales, read again after bookings. */
export class LiveSales {
  current = $state.raw<Sales>();
  failure = $state("");
  readonly #reading = new Paced(() => this.#read(), PAUSE_MS);

  constructor(private readonly eventId: string) {}

  refresh(): void {
    this.#reading.ask();
  }

  stop(): void {
    this.#reading.stop();
  }

  async #read(): Promise<void> {
    try {
      this.current = await findSales(this.eventId);
      this.failure = "";
    } catch (cause) {
      this.failure = sentenceOf(cause);
    }
  }
}
