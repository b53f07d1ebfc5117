import { ProblemError, type components } from "../../api";
import type { ConnectionState } from "../../availability";
import { announcer } from "../../design/announcer.svelte";
import { nearestFree, readPlan, type Plan } from "../../seat-map";
import { holdCalls } from "../holds/calls";
import type { HoldView, Notice, SeatLabel } from "../holds/model";
import { recordStore } from "../holds/record";
import { SeatHold, type Terms } from "../holds/seat-hold";
import { guests, mine, open } from "../session";
import { newKey } from "../storage";
import { WaitlistDoor } from "../waitlist/door.svelte";
import { LiveBoard } from "./board.svelte";
import { namesOf } from "./names";
import { messageOf, whyNot, type Message } from "./notices";
import { saleStateOf, sentenceOf, type SoldEvent } from "./sale-state";
import { ServiceClock } from "./ticker.svelte";

type EventLayout = components["schemas"]["EventLayout"];

export interface Fault {
  sentence: string;
  isMissing: boolean;
}

/** How often a page that is looked at asks whether the sale was paused, changed or closed. */
const EVENT_EVERY_MS = 60_000;

const HELD = "h".charCodeAt(0);

/** One event's sale as one buyer sees it: the event, the plan, the live house, and their hold. */
export class Sale {
  event = $state.raw<SoldEvent>();
  eventFault = $state.raw<Fault>();
  plan = $state.raw<Plan>();
  planFault = $state.raw<Fault>();
  board = $state.raw<LiveBoard>();
  view = $state.raw<HoldView>();
  message = $state.raw<Message>();
  /** Seats that somebody else was faster at, and free ones like them. */
  conflicts = $state.raw<number[]>([]);
  offer = $state.raw<number[]>([]);

  /** Whether this window confirms, and not another one of the same buyer. */
  confirmsHere = false;
  readonly clock = new ServiceClock();
  readonly waitlist: WaitlistDoor;
  #hold: SeatHold | undefined;
  /** What was said because no seat could be seen yet. */
  #untilSeen: Message | undefined;
  #isLoadingPlan = false;
  #wasLost = false;
  #isClosed = false;
  readonly #stop: (() => void)[] = [];

  constructor(readonly eventId: string) {
    this.waitlist = new WaitlistDoor(this);
  }

  /** What the map shows as this buyer's: held, and offered from the waitlist. */
  get ownSeats(): SeatLabel[] {
    return [...(this.view?.seats ?? []), ...this.waitlist.offered];
  }

  start(): void {
    this.#listenToThePage();
    this.waitlist.start();
    void this.loadEvent();
  }

  async loadEvent(): Promise<void> {
    try {
      const params = { path: { event_id: this.eventId } };
      const { data, response } = await open.GET("/v1/events/{event_id}", { params });
      if (!data || this.#isClosed) return;
      this.clock.read(response);
      this.#take(data);
    } catch (error) {
      if (this.event === undefined) this.eventFault = faultOf(error, "The event");
    }
    // Whatever brought the event brings the plan; one that has failed waits to be asked for.
    if (!this.planFault) await this.loadPlan();
  }

  /** A slow answer may be older than what is known by now. */
  #take(event: SoldEvent): void {
    if (this.event && event.version < this.event.version) return;
    this.event = event;
    this.eventFault = undefined;
    this.#beginHold(event);
  }

  async loadPlan(): Promise<void> {
    if (!this.event || this.plan || this.#isLoadingPlan || this.#isClosed) return;
    this.#isLoadingPlan = true;
    this.planFault = undefined;
    try {
      const params = { path: { event_id: this.eventId } };
      const { data } = await open.GET("/v1/events/{event_id}/layout", { params });
      if (this.#isClosed) return;
      const plan = readPlan(data as EventLayout);
      this.board = new LiveBoard(this.eventId, plan, {
        onSeats: (changed, states) => this.#seatsChanged(changed, states),
        onConnection: (connection) => this.#connected(connection),
      });
      this.plan = plan;
    } catch (error) {
      this.planFault = faultOf(error, "The seat plan");
    } finally {
      this.#isLoadingPlan = false;
    }
  }

  /** A tap on a seat, in the map or in the list. */
  pick(index: number): void {
    const seat = this.plan?.seats[index];
    const view = this.view;
    if (!seat || !view || !this.#hold) return;
    const isOwn = view.seats.includes(seat.label);
    const why = isOwn ? undefined : this.#whyNot(index, seat.label);
    if (why) return this.#refuse(why);
    this.#settle();
    this.#hold.toggle(seat.label);
  }

  #refuse(text: string): void {
    const message: Message = { tone: "plain", text };
    if (!this.board?.states) this.#untilSeen = message;
    this.tell(message);
  }

  /** Free seats that the map shows, and `takeOffer` takes. */
  suggest(labels: SeatLabel[]): void {
    this.#settle();
    this.offer = this.indicesOf(labels);
  }

  takeOffer(): void {
    const labels = this.offer.flatMap((index) => this.plan?.seats[index]?.label ?? []);
    this.#settle();
    this.#hold?.want(labels);
  }

  tryAgain(): void {
    this.#settle();
    this.#hold?.tryAgain();
  }

  drop(label: SeatLabel): void {
    this.#settle();
    this.#hold?.drop([label]);
  }

  dropAll(): void {
    this.#settle();
    this.#hold?.dropAll();
  }

  extend(): void {
    this.#hold?.extend();
  }

  retry(): void {
    this.#hold?.retry();
  }

  confirm(name: string, email: string): void {
    this.confirmsHere = true;
    this.#hold?.confirm({ name, email });
  }

  indicesOf(labels: SeatLabel[]): number[] {
    return labels.flatMap((label) => this.plan?.byLabel.get(label)?.index ?? []);
  }

  nameOf(labels: SeatLabel[]): string {
    return namesOf(labels, this.plan, this.view?.hold?.seats);
  }

  tell(message: Message): void {
    announcer.say(message.text);
    if (!message.isOnlySaid) this.message = message;
  }

  close(): void {
    this.#isClosed = true;
    this.board?.close();
    this.waitlist.close();
    this.#hold?.close();
    for (const stop of this.#stop) stop();
  }

  #beginHold(event: SoldEvent): void {
    const terms: Terms = {
      seatsMax: event.seats_per_hold_max,
      lifetimeMaxSeconds: event.hold_lifetime_max_seconds,
    };
    if (this.#hold) {
      this.#hold.terms = terms;
      return;
    }
    const store = recordStore(this.eventId);
    const around = { now: () => performance.now(), newKey, later };
    this.#hold = new SeatHold(holdCalls(mine, this.eventId), store, around, terms, {
      onView: (view) => (this.view = view),
      onNotice: (notice) => this.#heard(notice),
    });
    this.view = this.#hold.view;
    this.confirmsHere = this.view.phase === "confirming";
    if (this.view.phase === "none") void guests.freshen();
    this.#hold.resume();
  }

  #heard(notice: Notice): void {
    this.tell(messageOf(notice, (labels) => this.nameOf(labels)));
    if (notice.kind === "taken") this.#offerOthers(notice.conflicts.map(({ seat }) => seat));
    if (notice.kind === "refused" && notice.code === "event_not_on_sale") void this.loadEvent();
  }

  #offerOthers(taken: SeatLabel[]): void {
    const { plan, board, view } = this;
    if (!plan || !board?.states) return;
    this.conflicts = this.indicesOf(taken);
    const own = this.indicesOf(view?.seats ?? []);
    this.offer = replacementsFor(this.conflicts, own, plan, board.states);
  }

  /** What was said about an earlier tap is over with the next one. */
  #settle(): void {
    this.message = undefined;
    this.conflicts = [];
    this.offer = [];
  }

  #whyNot(index: number, label: SeatLabel): string | undefined {
    const state =
      this.event && saleStateOf(this.event, this.clock.at(performance.now()), undefined);
    if (state && state.kind !== "open") return sentenceOf(state);
    if (this.board?.isFree(index)) return undefined;
    if (this.waitlist.offered.includes(label)) {
      return `${this.nameOf([label])} is held for you: book it, or let it go.`;
    }
    return whyNot(this.board?.stateOf(index), this.nameOf([label]));
  }

  /** A seat of one's own that is not held any more means that the hold ended elsewhere. */
  #seatsChanged(changed: number[] | undefined, states: Uint8Array): void {
    const { view } = this;
    if (this.message === this.#untilSeen) this.message = undefined;
    this.waitlist.seatsChanged(changed, states);
    if (this.offer.some((index) => !this.board?.isFree(index))) this.offer = [];
    if (view?.phase !== "held") return;
    const isStrange = this.indicesOf(view.seats).some(
      (index) => states[index] !== HELD && (!changed || changed.includes(index)),
    );
    if (isStrange) this.#hold?.check();
  }

  #connected(connection: ConnectionState): void {
    if (connection === "live" && this.#wasLost) this.#back();
    this.#wasLost = connection === "lost";
  }

  /** In sleep this page's clock stands still, and what became of its seats may not show on the map. */
  #back(): void {
    this.#hold?.check();
    this.#hold?.retry();
  }

  #listenToThePage(): void {
    const looked = () => {
      if (document.visibilityState !== "visible") return;
      this.#hold?.check();
      void this.loadEvent();
    };
    const online = () => this.#back();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void this.loadEvent();
    }, EVENT_EVERY_MS);
    document.addEventListener("visibilitychange", looked);
    addEventListener("online", online);
    this.#stop.push(
      () => clearInterval(timer),
      () => document.removeEventListener("visibilitychange", looked),
      () => removeEventListener("online", online),
    );
  }
}

function replacementsFor(lost: number[], own: number[], plan: Plan, states: Uint8Array): number[] {
  return nearestFree(plan, states, lost, new Set([...lost, ...own]));
}

function later(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}

function faultOf(error: unknown, what: string): Fault {
  const problem = error instanceof ProblemError ? error : undefined;
  const isMissing = problem?.code === "not_found" || problem?.code === "malformed_request";
  if (problem?.code === "offline") {
    return { sentence: `${what} cannot be read: there is no connection.`, isMissing };
  }
  if (problem) return { sentence: problem.sentence, isMissing };
  const detail = error instanceof Error ? error.message : "it is not what was expected";
  return { sentence: `${what} cannot be shown: ${detail}`, isMissing };
}
