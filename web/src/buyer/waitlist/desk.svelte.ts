import { ProblemError } from "../../api";
import { announcer } from "../../design/announcer.svelte";
import { kept } from "../bookings/find";
import { namesOf } from "../event/names";
import type { Sale } from "../event/sale.svelte";
import { spokenText } from "../holds/countdown";
import { isTemporary, problemOf, waitBefore } from "../holds/failures";
import type { Booking, Contact, Hold, Trouble } from "../holds/model";
import { nudgeBell } from "../notifications/nudge";
import { waitlistCalls } from "./calls";
import { isLive, offeredSeats, type Entry, type Terms, type Wish } from "./entry";
import { secrets } from "./secret";
import { paceOf, Watch, type Pace } from "./watch";
import { ordinal } from "./words";

const HELD = "h".charCodeAt(0);

/** What a try to join has come to, where it is no entry. */
export type Refusal = { seats: string[] } | { problem: ProblemError } | { isMailTaken: true };

/** One event's waitlist as one buyer sees it: their entry, live, its offer, and its terms. */
export class Desk {
  terms = $state.raw<Terms>();
  entry = $state.raw<Entry>();
  /** By `performance.now`: until when the offer lasts. */
  deadline = $state<number>();
  /** Why the entry cannot be shown. */
  fault = $state<ProblemError>();
  /** A link was opened that opens nothing. */
  isLinkWrong = $state(false);
  isJoining = $state(false);
  /** How many seats next to each other cannot be had, where somebody asked for that. */
  wanted = $state<number>();
  /** Seats that were offered, for as long as the page lives; they are named when they are gone. */
  formerly = $state.raw<Hold>();
  isDeclined = $state(false);
  isAccepting = $state(false);
  trouble = $state.raw<Trouble>();
  mistakes = $state.raw<Record<string, string>>({});

  readonly #calls;
  readonly #watch: Watch;
  /** Grows with each deed: an answer to a question from before it is not taken. */
  #deeds = 0;
  #isClosed = false;
  #isResuming = false;
  readonly #stop: (() => void)[] = [];
  #wakeUp = () => {};

  constructor(readonly sale: Sale) {
    this.#calls = waitlistCalls(sale.eventId);
    const isSeen = () => document.visibilityState === "visible";
    const around = { now: () => performance.now(), later, random: Math.random, isSeen };
    this.#watch = new Watch(around, () => this.#ask());
    const seen = () => isSeen() && this.#watch.seen();
    const online = () => void this.#backOnline();
    document.addEventListener("visibilitychange", seen);
    addEventListener("online", online);
    this.#stop.push(
      () => document.removeEventListener("visibilitychange", seen),
      () => removeEventListener("online", online),
      secrets.watch(sale.eventId, () => void this.#heardOfTab()),
    );
  }

  get offered(): string[] {
    return this.entry?.state === "offered" ? offeredSeats(this.entry) : [];
  }

  /** Whether nobody asked for the waitlist here, and there is nothing to be told of it. */
  get isIdle(): boolean {
    return !this.entry && !this.isJoining && !this.isLinkWrong && !this.fault;
  }

  nameOf(hold: Hold): string {
    const labels = hold.seats.map(({ seat }) => seat);
    return namesOf(labels, this.sale.plan, hold.seats);
  }

  /** Takes up what this device knows: an entry, and a link that was opened. */
  async resume(): Promise<void> {
    if (this.#isResuming) return;
    this.#isResuming = true;
    try {
      if (secrets.read(this.sale.eventId)?.link !== undefined) await this.#openLink();
      else if (secrets.read(this.sale.eventId)) await this.#findKept();
      this.fault = undefined;
    } catch (error) {
      this.fault = problemOf(error);
    } finally {
      this.#isResuming = false;
    }
    // Another link may have been opened meanwhile.
    const isLeft = secrets.read(this.sale.eventId)?.link !== undefined;
    if (isLeft && !this.fault) return this.resume();
    if (!this.terms) await this.#readTerms();
  }

  begin(wanted?: number): void {
    this.wanted = wanted;
    this.isJoining = true;
    this.dismiss();
    void this.#readTerms();
  }

  /** What was said of an entry that is over, or of a wrong link, has been read. */
  dismiss(): void {
    this.isLinkWrong = false;
    if (this.entry && !isLive(this.entry)) {
      this.entry = undefined;
      secrets.write(this.sale.eventId, undefined);
    }
  }

  async join(wish: Wish): Promise<Refusal | undefined> {
    try {
      this.#joined(await this.#calls.join(wish));
      return undefined;
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code === "seats_available") {
        return { seats: problem.member<string[]>("seats") ?? [] };
      }
      if (problem.code !== "already_waiting") return { problem };
      const own = await this.#calls.find(undefined).catch(() => undefined);
      if (!own || !isLive(own)) return { isMailTaken: true };
      this.#joined(own);
      this.sale.tell({ tone: "plain", text: "You are on this waitlist already." });
      return undefined;
    }
  }

  /** Leaves; an offer is let go. Throws a ProblemError. */
  async leave(): Promise<void> {
    const had = this.entry;
    this.#deeds += 1;
    try {
      await this.#calls.leave(this.#token);
    } catch (error) {
      void this.#watch.look();
      throw error;
    }
    this.isDeclined = had?.state === "offered";
    if (had) this.#take({ ...had, state: "left", offer: null, position: null, ahead: null });
    secrets.write(this.sale.eventId, undefined);
  }

  /** Books the offered seats. What happened is asked until it is known. */
  async accept(contact: Contact): Promise<Booking | undefined> {
    if (this.isAccepting) return undefined;
    this.isAccepting = true;
    this.mistakes = {};
    try {
      return await this.#acceptUntilKnown(contact);
    } finally {
      this.isAccepting = false;
      this.trouble = undefined;
    }
  }

  /** The booking that an accepted offer has become. Throws a ProblemError. */
  async booking(): Promise<Booking> {
    const booking = await this.#calls.accept(this.#token);
    kept({ booking, isOwn: false });
    return booking;
  }

  /** Repeats at once what is in trouble. */
  retry(): void {
    this.#wakeUp();
  }

  /** The offer's time is up by this page's clock; the service decides. */
  timeIsUp(): void {
    if (!this.isAccepting) void this.#watch.look();
  }

  /** A seat that becomes held, though none was free, was offered to somebody. */
  seatsChanged(changed: number[] | undefined, states: Uint8Array): void {
    const own = this.sale.indicesOf(this.offered);
    const isStrange = own.some((index) => states[index] !== HELD);
    const isHint = own.length === 0 && (changed ?? []).some((index) => states[index] === HELD);
    if (isStrange || isHint) this.#watch.hurry();
  }

  close(): void {
    this.#isClosed = true;
    this.#watch.stop();
    this.#wakeUp();
    for (const stop of this.#stop) stop();
  }

  get #token(): string | undefined {
    return secrets.read(this.sale.eventId)?.token ?? this.entry?.token ?? undefined;
  }

  async #backOnline(): Promise<void> {
    if (this.fault || !this.terms) return this.resume();
    if (this.entry && isLive(this.entry)) return this.#watch.look();
  }

  async #readTerms(): Promise<void> {
    const terms = await this.#calls.terms().catch(() => undefined);
    if (terms) this.terms = terms;
  }

  async #openLink(): Promise<void> {
    const { link = "", ...before } = secrets.read(this.sale.eventId) ?? {};
    const isBefore = before.token !== undefined;
    try {
      const asked = performance.now();
      const entry = await this.#calls.verify(link);
      secrets.write(this.sale.eventId, { token: link });
      this.isJoining = false;
      this.#take(entry, asked);
    } catch (error) {
      if (!isUnknown(error)) throw error;
      this.isLinkWrong = true;
      secrets.write(this.sale.eventId, isBefore ? before : undefined);
      if (isBefore) await this.#findKept();
    }
  }

  async #findKept(): Promise<void> {
    try {
      const [deeds, asked] = [this.#deeds, performance.now()];
      const entry = await this.#calls.find(this.#token);
      if (deeds === this.#deeds) this.#take(entry, asked);
    } catch (error) {
      if (!isUnknown(error)) throw error;
      // Of another service, or of a secret that is no more.
      secrets.write(this.sale.eventId, undefined);
    }
  }

  /** Another tab has joined, left, or opened a link. */
  async #heardOfTab(): Promise<void> {
    if (secrets.read(this.sale.eventId)) return this.resume();
    if (this.entry && isLive(this.entry)) return this.#watch.look();
  }

  async #ask(): Promise<Pace | undefined> {
    const [deeds, asked] = [this.#deeds, performance.now()];
    if (!this.entry) return undefined;
    const entry = await this.#calls.find(this.#token);
    if (deeds === this.#deeds && !this.#isClosed) this.#take(entry, asked);
    return this.entry && paceOf(this.entry);
  }

  #joined(entry: Entry): void {
    this.#deeds += 1;
    this.isJoining = false;
    this.isDeclined = false;
    this.formerly = undefined;
    secrets.write(this.sale.eventId, entry.token ? { token: entry.token } : {});
    this.#take(entry, performance.now());
    nudgeBell();
  }

  #take(entry: Entry, asked = performance.now()): void {
    const before = this.entry;
    this.entry = entry;
    if (isLive(entry)) this.isJoining = false;
    const { offer } = entry;
    // Verified by its link on another device, it tells its secret.
    if (entry.token && !secrets.read(this.sale.eventId)?.token && isLive(entry)) {
      secrets.write(this.sale.eventId, { token: entry.token });
    }
    this.deadline = offer
      ? asked + Date.parse(offer.expires_at) - Date.parse(offer.now)
      : undefined;
    if (offer) this.formerly = offer;
    if (before?.entry_id !== entry.entry_id && !offer) this.formerly = undefined;
    this.#watch.goOn(paceOf(entry));
    this.#say(before, entry);
  }

  #say(before: Entry | undefined, entry: Entry): void {
    if (entry.offer && !before?.offer) {
      const secondsLeft = Math.round(((this.deadline ?? 0) - performance.now()) / 1000);
      const time = spokenText(Math.max(0, secondsLeft));
      announcer.say(`Seats are held for you for ${time}: ${this.nameOf(entry.offer)}.`);
      nudgeBell();
    } else if (entry.position && entry.position !== before?.position) {
      announcer.say(`You are ${ordinal(entry.position)} in line.`);
    } else if (before && isLive(before) && !isLive(entry)) {
      nudgeBell();
    }
  }

  async #acceptUntilKnown(contact: Contact): Promise<Booking | undefined> {
    for (let failures = 1; !this.#isClosed; failures += 1) {
      try {
        const booking = await this.#calls.accept(this.#token, contact);
        this.#accepted(booking);
        return booking;
      } catch (error) {
        const problem = problemOf(error);
        if (!isTemporary(problem)) return this.#refused(problem);
        this.trouble = { sentence: problem.sentence, isOffline: problem.code === "offline" };
        await this.#pause(waitBefore(failures, problem));
      }
    }
    return undefined;
  }

  /** The booking is remembered; the entry has nothing more to say on this device. */
  #accepted(booking: Booking): void {
    this.#deeds += 1;
    kept({ booking, isOwn: false });
    secrets.write(this.sale.eventId, undefined);
    nudgeBell();
    if (this.entry) this.entry = { ...this.entry, state: "accepted", offer: null };
    this.#watch.goOn(undefined);
  }

  async #refused(problem: ProblemError): Promise<undefined> {
    if (problem.code === "validation_failed") this.mistakes = problem.mistakes;
    // How an offer has ended, the entry tells.
    else if (!ENDED.has(problem.code)) this.sale.tell({ tone: "danger", text: problem.sentence });
    await this.#watch.look();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = later(resolve, ms);
      this.#wakeUp = () => {
        stop();
        resolve();
      };
    });
  }
}

const ENDED: ReadonlySet<ProblemError["code"]> = new Set([
  "hold_expired",
  "hold_released",
  "not_found",
] as const);

const UNKNOWN: ReadonlySet<ProblemError["code"]> = new Set([
  "not_found",
  "validation_failed",
  "malformed_request",
] as const);

/** No entry has that secret; one that is too short or too long is none. */
function isUnknown(error: unknown): boolean {
  return error instanceof ProblemError && UNKNOWN.has(error.code);
}

function later(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}
