import { ProblemError } from "../../api";
import { problemOf, remedyFor, waitBefore, type Remedy } from "./failures";
import type {
  Contact,
  Hold,
  HoldCalls,
  HoldRecord,
  HoldView,
  Notice,
  RecordStore,
  SeatLabel,
  Surroundings,
} from "./model";
import { EXPIRY_SLACK_MS, HoldState } from "./state";
import { nextStep, type Step } from "./steps";

export interface Terms {
  seatsMax: number;
  lifetimeMaxSeconds: number;
}

interface Listeners {
  onView(view: HoldView): void;
  onNotice(notice: Notice): void;
}

interface Change {
  add: SeatLabel[];
  remove: SeatLabel[];
}

type Held = NonNullable<HoldRecord["hold"]>;

/**
 * A buyer's seats in one event. Taps are wishes; one worker turns them into requests, one at a
 * time, until the service's answer is what is wished for. The record is written before each
 * request whose repetition must be told from a new one, so that a reload takes it up again.
 */
export class SeatHold {
  readonly #calls: HoldCalls;
  readonly #store: RecordStore;
  readonly #around: Surroundings;
  readonly #listeners: Listeners;
  readonly #stopWatching: () => void;
  readonly #state: HoldState;
  terms: Terms;

  /** A hold whose time is over by this clock and perhaps not yet by the service's. */
  #lapsedId: string | undefined;
  #failures = 0;
  #isWorking = false;
  #isClosed = false;
  #stopRetry = () => {};
  #stopExpiry = () => {};

  constructor(
    calls: HoldCalls,
    store: RecordStore,
    around: Surroundings,
    terms: Terms,
    listeners: Listeners,
  ) {
    this.#calls = calls;
    this.#store = store;
    this.#around = around;
    this.terms = terms;
    this.#listeners = listeners;
    this.#state = new HoldState(store.read());
    this.#stopWatching = store.watch((record) => {
      this.#take(record);
      this.#wake();
    });
  }

  get view(): HoldView {
    return this.#state.view;
  }

  /** Takes up what an earlier page or another tab began. */
  resume(): void {
    this.#wake();
  }

  /** A tap: a seat that is not wanted becomes wanted, and the other way round. */
  toggle(seat: SeatLabel): void {
    if (this.#state.seats.includes(seat)) this.drop([seat]);
    else this.want([seat]);
  }

  /** Asks for seats besides those that are there. */
  want(seats: SeatLabel[]): void {
    if (!this.#mayChange) return;
    if (new Set([...this.#state.seats, ...seats]).size > this.terms.seatsMax) {
      return this.#listeners.onNotice({ kind: "limit", limit: this.terms.seatsMax });
    }
    if (this.#state.record.bookingId) this.#write({});
    this.#state.want(seats);
    this.#wake();
  }

  /** Lets seats go; the last one releases the hold. */
  drop(seats: SeatLabel[]): void {
    if (!this.#mayChange) return;
    this.#state.drop(seats);
    this.#wake();
  }

  dropAll(): void {
    this.drop(this.#state.seats);
  }

  /** Seats that were lost or whose time was over, once more. */
  tryAgain(): void {
    this.want(this.#state.former);
  }

  extend(): void {
    if (!this.#mayChange || !this.#state.record.hold || this.#state.isAtCap) return;
    this.#state.wantsExtension = true;
    this.#wake();
  }

  /** A second confirm while one is under way is the same one. */
  confirm(contact: Contact): void {
    if (this.#state.phase !== "held") return;
    this.#state.mistakes = {};
    const confirming = { key: this.#around.newKey(), contact };
    this.#write({ ...this.#state.record, confirming });
    this.#wake();
  }

  /** Asks the service how the hold stands: after sleep, a lost connection, or a strange map. */
  check(): void {
    if (!this.#state.record.hold) return;
    this.#state.isUncertain = true;
    this.#wake();
  }

  /** Repeats at once what is in trouble. */
  retry(): void {
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopWatching();
    this.#stopRetry();
    this.#stopExpiry();
  }

  get #mayChange(): boolean {
    return !this.#isClosed && this.#state.phase !== "confirming";
  }

  #wake(): void {
    this.#stopRetry();
    this.#state.trouble = undefined;
    this.#show();
    if (!this.#isWorking) void this.#work();
  }

  #show(): void {
    if (!this.#isClosed) this.#listeners.onView(this.view);
  }

  #write(record: HoldRecord): void {
    this.#state.record = record;
    this.#store.write(record);
  }

  #take(record: HoldRecord): void {
    const seats = this.#state.record.hold?.seats ?? [];
    const gone = this.#state.take(record, this.#around.now());
    if (gone === "expired") this.#listeners.onNotice({ kind: "expired", seats });
    if (gone === "elsewhere") this.#listeners.onNotice({ kind: "ended_elsewhere", seats });
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    try {
      let mayGoOn = true;
      while (mayGoOn && !this.#isClosed) {
        mayGoOn = await this.#store.exclusively(() => this.#stepInTurn());
        this.#show();
      }
    } finally {
      this.#isWorking = false;
    }
  }

  /** Answers whether another step may follow. Another tab may have acted while this one waited. */
  async #stepInTurn(): Promise<boolean> {
    this.#take(this.#store.read());
    const step = nextStep(this.#state);
    if (step.do === "rest" || this.#isClosed) return false;
    try {
      await this.#do(step);
      this.#failures = 0;
      return true;
    } catch (error) {
      return this.#mend(step, problemOf(error));
    }
  }

  async #do(step: Step): Promise<void> {
    if (step.do === "place") return this.#place(step.seats, step.key ?? this.#around.newKey());
    const hold = this.#state.record.hold;
    const asked = this.#around.now();
    if (!hold) return;
    if (step.do === "confirm") return this.#confirm(hold);
    if (step.do === "release") return this.#release(hold);
    if (step.do === "extend") return this.#extend(hold, asked);
    if (step.do === "change") {
      const changed = await this.#calls.change(hold.id, step.add, step.remove);
      return this.#adopt(changed, asked, step);
    }
    await this.#adopt(await this.#calls.find(hold.id), asked);
  }

  async #place(seats: SeatLabel[], key: string): Promise<void> {
    this.#write(this.#state.placing(key, seats));
    const lapsed = this.#lapsedId;
    this.#lapsedId = undefined;
    if (lapsed) await this.#calls.release(lapsed).catch(() => undefined);
    const asked = this.#around.now();
    await this.#adopt(await this.#calls.place(seats, key), asked, { add: seats, remove: [] });
  }

  async #release(hold: Held): Promise<void> {
    await this.#calls.release(hold.id);
    const { adding } = this.#state;
    this.#state.clear();
    this.#state.adding = adding;
    this.#write({});
    this.#stopExpiry();
    this.#listeners.onNotice({ kind: "let_go", seats: hold.seats });
  }

  async #extend(hold: Held, asked: number): Promise<void> {
    const extended = await this.#calls.extend(hold.id);
    this.#state.wantsExtension = false;
    await this.#adopt(extended, asked);
    this.#listeners.onNotice({ kind: "extended", secondsLeft: this.#secondsLeft });
  }

  async #confirm(hold: Held): Promise<void> {
    const sent = this.#state.record.confirming;
    if (!sent) return;
    const booking = await this.#calls.confirm(hold.id, hold.token, sent.contact, sent.key);
    this.#booked(booking.booking_id);
  }

  #booked(bookingId: string): void {
    this.#state.clear();
    this.#write({ bookingId });
    this.#stopExpiry();
  }

  /** Takes the service's word for what is held. */
  async #adopt(hold: Hold, asked: number, { add, remove }: Change = NO_CHANGE): Promise<void> {
    if (hold.state === "confirmed") return this.#adoptBooking(hold.hold_id);
    if (hold.state === "expired") return this.#end("expired");
    if (hold.state === "released") return this.#end("elsewhere");
    if (hold.state === "confirming") throw new ProblemError("hold_confirming", undefined, 1);
    const wasDue = this.#state.isDue(this.#around.now());
    this.#write(this.#state.adopt(hold, asked, this.terms.lifetimeMaxSeconds));
    if (wasDue && this.#msLeft <= EXPIRY_SLACK_MS) return this.#end("expired");
    this.#stopExpiry();
    this.#stopExpiry = this.#around.later(() => this.#expire(), this.#msLeft);
    const has = (seat: SeatLabel) => hold.seats.some((held) => held.seat === seat);
    const gained = add.filter(has);
    if (gained.length > 0) {
      this.#listeners.onNotice({ kind: "yours", seats: gained, secondsLeft: this.#secondsLeft });
    } else if (remove.length > 0) {
      this.#listeners.onNotice({ kind: "let_go", seats: remove });
    }
  }

  async #adoptBooking(holdId: string): Promise<void> {
    const booking = await this.#calls.bookingOf(holdId);
    if (booking) this.#booked(booking.booking_id);
    else this.#end("lost");
  }

  get #msLeft(): number {
    return Math.max(0, (this.#state.deadline ?? 0) - this.#around.now());
  }

  get #secondsLeft(): number {
    return Math.round(this.#msLeft / 1000);
  }

  /** The service decides: an extension may be under way, here or in another tab. */
  #expire(): void {
    // A confirm under way began in time: its answer decides.
    if (!this.#state.record.confirming) this.check();
  }

  #end(as: "expired" | "lost" | "elsewhere"): void {
    const { record, removing, seats } = this.#state;
    const isWished = record.hold?.seats.every((seat) => removing.has(seat)) ?? false;
    this.#lapsedId = as === "expired" ? record.hold?.id : undefined;
    this.#stopExpiry();
    this.#state.end(as === "elsewhere" ? undefined : as, isWished ? [] : seats);
    this.#write({});
    if (as !== "elsewhere") this.#listeners.onNotice({ kind: as, seats });
    else if (!isWished) this.#listeners.onNotice({ kind: "ended_elsewhere", seats });
  }

  /** Answers whether another step may follow at once. */
  #mend(step: Step, problem: ProblemError): boolean {
    const remedy = remedyFor(step.do, problem);
    if (remedy.do === "repeat") {
      // Where the service cannot be asked, the page's clock decides.
      if (step.do === "find" && this.#state.isDue(this.#around.now())) this.#end("expired");
      else this.#repeatLater(step, problem);
      return false;
    }
    this.#failures = 0;
    this.#apply(remedy, step, problem);
    return true;
  }

  #repeatLater(step: Step, problem: ProblemError): void {
    this.#failures += 1;
    if (step.do === "change" || step.do === "extend") this.#state.isUncertain = true;
    this.#state.trouble = { sentence: problem.sentence, isOffline: problem.code === "offline" };
    this.#stopRetry();
    this.#stopRetry = this.#around.later(() => this.#wake(), waitBefore(this.#failures, problem));
  }

  #apply(remedy: Exclude<Remedy, { do: "repeat" }>, step: Step, problem: ProblemError): void {
    switch (remedy.do) {
      case "without":
        return this.#goOnWithout(remedy.conflicts);
      case "end":
        return this.#endBy(remedy);
      case "restore":
        return this.#restore();
      case "look":
        this.#state.isUncertain = true;
        return;
      case "cap":
        this.#state.isAtCap = true;
        this.#state.wantsExtension = false;
        return this.#listeners.onNotice({ kind: "at_cap" });
      case "mistakes":
        this.#state.mistakes = problem.mistakes;
        return this.#giveUp("confirm");
      case "refuse":
        this.#giveUp(step.do);
        return this.#listeners.onNotice(refusalOf(problem));
    }
  }

  #goOnWithout(conflicts: { seat: SeatLabel; reason: string }[]): void {
    const { record } = this.#state;
    const taken = new Set(conflicts.map(({ seat }) => seat));
    // A refusal that names no seat must not be asked for again and again.
    this.#state.without(taken.size > 0 ? taken : new Set(this.#state.seats));
    this.#write(record.hold ? { hold: record.hold } : {});
    this.#listeners.onNotice({ kind: "taken", conflicts, wasHeld: false });
  }

  #endBy({ as, conflicts = [] }: Extract<Remedy, { do: "end" }>): void {
    this.#end(as);
    if (conflicts.length === 0) return;
    this.#listeners.onNotice({ kind: "taken", conflicts, wasHeld: true });
  }

  /** The board can be lost; its holders are made whole by placing the same seats at once. */
  #restore(): void {
    const { deadline, seats } = this.#state;
    if (deadline === undefined || this.#around.now() >= deadline) return this.#end("expired");
    this.#state.clear();
    this.#state.adding = new Set(seats);
    this.#write({});
    this.#stopExpiry();
  }

  #giveUp(what: Step["do"]): void {
    const state = this.#state;
    state.wantsExtension = false;
    if (what === "place" || what === "change") state.adding = new Set();
    if (what === "change" || what === "release") state.removing = new Set();
    const { hold } = state.record;
    this.#write(hold ? { hold } : {});
  }
}

const NO_CHANGE: Change = { add: [], remove: [] };

function refusalOf(problem: ProblemError): Notice {
  if (problem.code === "hold_limit_reached") {
    const limit = problem.member<number>("limit") ?? 0;
    return { kind: "limit", limit, held: problem.member<number>("held") };
  }
  return { kind: "refused", sentence: problem.sentence, code: problem.code };
}
