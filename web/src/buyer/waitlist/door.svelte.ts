import type { Sale } from "../event/sale.svelte";
import type { Desk } from "./desk.svelte";
import { secrets, takeLink } from "./secret";
import type WaitlistPart from "./WaitlistPart.svelte";

/** Pages that watch a house sell out do not all ask for its waitlist in the same second. */
const SPREAD_MS = 4_000;

/**
 * The way to an event's waitlist. What lies behind is loaded when there is an entry, when a mail's
 * link was opened, or when seats that somebody may want cannot be had.
 */
export class WaitlistDoor {
  desk = $state.raw<Desk>();
  Part = $state.raw<typeof WaitlistPart>();
  /** The waitlist did not arrive: the page has to be loaded anew. */
  hasFailed = $state(false);

  #isOpening = false;
  #isInvited = false;
  #isClosed = false;
  readonly #madeAt = performance.now();
  #stopTimer = () => {};
  readonly #stop: (() => void)[] = [];

  constructor(private readonly sale: Sale) {}

  /** The offered seats: they are this buyer's, as those of a hold are. */
  get offered(): string[] {
    return this.desk?.offered ?? [];
  }

  start(): void {
    const read = () => {
      const link = takeLink();
      const { eventId } = this.sale;
      // Kept before it is looked at: it must not be lost with the page.
      if (link !== undefined) secrets.write(eventId, { ...secrets.read(eventId), link });
      if (secrets.read(eventId)) void this.#open();
      if (link !== undefined) void this.desk?.resume();
    };
    addEventListener("hashchange", read);
    this.#stop.push(
      () => removeEventListener("hashchange", read),
      secrets.watch(this.sale.eventId, () => void this.#open()),
    );
    read();
  }

  /** Seats are sold out, or not that many are next to each other. */
  invite(): void {
    if (this.#isOpening || this.#isInvited) return;
    this.#isInvited = true;
    const isNew = performance.now() - this.#madeAt < SPREAD_MS;
    const timer = setTimeout(() => void this.#open(), isNew ? 0 : Math.random() * SPREAD_MS);
    this.#stopTimer = () => clearTimeout(timer);
  }

  seatsChanged(changed: number[] | undefined, states: Uint8Array): void {
    this.desk?.seatsChanged(changed, states);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
    this.desk?.close();
    for (const stop of this.#stop) stop();
  }

  async #open(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    this.#stopTimer();
    try {
      const [{ Desk }, { default: Part }] = await Promise.all([
        import("./desk.svelte"),
        import("./WaitlistPart.svelte"),
      ]);
      if (this.#isClosed) return;
      this.Part = Part;
      this.desk = new Desk(this.sale);
      this.hasFailed = false;
      void this.desk.resume();
    } catch {
      this.#isOpening = false;
      this.#isInvited = false;
      this.hasFailed = secrets.read(this.sale.eventId) !== undefined;
    }
  }
}
