import { watchBoard, type BoardCopy, type BoardWatch, type ConnectionState } from "../availability";
import { formatMoney } from "../money";
import { ElementFrame } from "./element-frame";
import { fetchLayout } from "./fetch-layout";
import { nameOfSeat, type Plan, type PlanCategory, type PlanSeat } from "./plan";
import { LayoutError } from "./read-fields";
import { readPlan } from "./read-plan";
import { SeatList } from "./seat-list";
import type { FrameStats } from "./frame-stats";
import { SeatMap } from "./seat-map";
import { FREE, unknownStates, type MarkKind } from "./seat-states";
import { Selection } from "./selection";
import { stateOfByte } from "./words";

const SEATS_MAX = 10;

/** A seat as the page around the component sees it. */
export interface PickedSeat {
  label: string;
  name: string;
  category: string;
  price: string | undefined;
  currency: string | undefined;
}

/** `<holdfast-seat-map event="…">`: a live seat map for any page; see docs/embedding.md. */
export class HoldfastSeatMap extends HTMLElement {
  static readonly observedAttributes = ["event", "src", "max", "currency-locale"];

  readonly #frame: ElementFrame;
  #map: SeatMap | undefined;
  #list: SeatList | undefined;
  #plan: Plan | undefined;
  #watch: BoardWatch | undefined;
  #loading: AbortController | undefined;
  #selection = new Selection(SEATS_MAX);
  /** What is to be picked out as soon as the plan and its seats are there. */
  #wanted: readonly string[] | undefined;
  #held: readonly string[] = [];
  #holding: readonly string[] = [];
  #own = new Set<number>();
  /** Seats that somebody else was faster at, as far as is known. */
  #lost: readonly PlanSeat[] = [];
  #isList = false;
  #isLost = false;

  constructor() {
    super();
    this.#frame = new ElementFrame(this.attachShadow({ mode: "open" }), {
      zoomBy: (factor) => this.zoomBy(factor),
      showAll: () => this.showAll(),
      toggleList: () => this.#showList(!this.#isList),
    });
  }

  /** Also when it is moved in the page: what was picked out and held is so still. */
  connectedCallback(): void {
    if (this.selection.length > 0) this.#wanted = this.selection;
    this.#restart();
  }

  disconnectedCallback(): void {
    this.#end();
  }

  /** Attributes that a script sets one after another are one change. */
  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now) return;
    const isFirst = before === null && !this.isConnected;
    if (!isFirst) this.#forgetSelection();
    if (!isFirst && name === "event") this.#held = this.#holding = [];
    if (this.isConnected) this.#restart();
  }

  /** The labels of the seats that are picked out. */
  get selection(): string[] {
    return [...(this.#wanted ?? this.#selection.seats.map(({ label }) => label))];
  }

  set selection(labels: readonly string[]) {
    this.#wanted = [...labels];
    this.#select();
  }

  clearSelection(): void {
    this.selection = [];
  }

  /**
   * Seats that the shop is about to hold for the buyer. The feed is often faster than the shop's
   * answer: until `setHeld`, or another such list, nobody was faster at these.
   */
  setHolding(labels: readonly string[]): void {
    this.#holding = [...labels];
    this.#dropTaken();
  }

  /** Seats that the buyer holds already: they are shown as such and leave the selection. */
  setHeld(labels: readonly string[]): void {
    this.#held = [...labels];
    this.#holding = [];
    this.#wanted = this.#wanted?.filter((label) => !labels.includes(label));
    this.#showHeld();
    this.#takeBack();
    this.#dropTaken();
  }

  showAll(): void {
    this.#map?.showAll();
  }

  showSection(key: string): void {
    this.#map?.showSection(key);
  }

  showSeats(labels: readonly string[]): void {
    this.#map?.showSeats(this.#indicesOf(labels));
  }

  zoomBy(factor: number): void {
    this.#map?.zoomBy(factor);
  }

  /** How long drawing took, in milliseconds of script; nothing before the first picture. */
  frameStats(): FrameStats | undefined {
    return this.#map?.frameStats();
  }

  #restart(): void {
    this.#end();
    const loading = new AbortController();
    this.#loading = loading;
    this.#selection = new Selection(this.#max());
    queueMicrotask(() => {
      if (!loading.signal.aborted) void this.#load(loading.signal);
    });
  }

  #forgetSelection(): void {
    this.#wanted = undefined;
    this.#selection = new Selection(this.#max());
  }

  #end(): void {
    this.#loading?.abort();
    this.#watch?.close();
    this.#map?.destroy();
    this.#list?.destroy();
    this.#watch = this.#map = this.#list = this.#plan = undefined;
    this.#lost = [];
  }

  async #load(signal: AbortSignal): Promise<void> {
    const event = this.getAttribute("event");
    if (!event) return this.#fail("This seat map does not say of which event it is.");
    this.#frame.note("The plan is being loaded …");
    try {
      const ondelay = () => this.#fail("The plan has not come yet; it is asked for again.");
      const plan = readPlan(await fetchLayout(this.#origin(), event, signal, ondelay));
      if (!signal.aborted) this.#start(plan, event);
    } catch (error) {
      if (signal.aborted) return;
      const isKnown = error instanceof LayoutError;
      this.#fail(isKnown ? error.message : "The plan could not be loaded.");
    }
  }

  #start(plan: Plan, event: string): void {
    this.#plan = plan;
    const formatPrice = ({ category }: PlanSeat) => this.#formatPrice(category);
    const label = `Seat map of ${plan.name || "the house"}`;
    this.#map = new SeatMap(this.#frame.map, { plan, formatPrice, label });
    this.#list = new SeatList(this.#frame.list, { plan, formatPrice });
    this.#map.setStates(unknownStates(plan));
    this.#list.setStates(unknownStates(plan));
    this.#showHeld();
    for (const part of [this.#map, this.#list]) {
      part.addEventListener("seatpick", (picked) => {
        this.#pick((picked as CustomEvent<{ seat: PlanSeat }>).detail.seat);
      });
    }
    this.#frame.showLegend(plan, (category) => this.#formatPrice(category));
    this.#frame.note(undefined);
    this.#watch = watchBoard(event, {
      origin: this.#origin(),
      onSnapshot: (copy) => this.#snapshotTaken(copy),
      onChanges: (indices, copy) => this.#boardChanged(indices, copy),
      onConnection: (state, detail) => this.#connected(state, detail),
    });
  }

  #connected(state: ConnectionState, detail: string | undefined): void {
    this.#isLost = state === "lost";
    this.#frame.note(this.#isLost ? this.#lostNote() : undefined);
    this.#emit("connection", { state, detail });
  }

  #lostNote(): string {
    const isKnown = this.#watch?.copy.position !== undefined;
    if (isKnown) return "Not live at the moment; this is the last that is known.";
    return "It cannot be seen yet which seats are free; this catches up by itself.";
  }

  #snapshotTaken(copy: BoardCopy): void {
    try {
      this.#map?.setStates(copy.states);
      this.#list?.setStates(copy.states);
    } catch {
      this.#fail("The plan and the list of free seats do not belong together.");
      return;
    }
    if (this.#isLost) this.#frame.note(this.#lostNote());
    this.#boardChanged([], copy);
    this.#select();
  }

  #boardChanged(indices: number[], copy: BoardCopy): void {
    this.#map?.changeSeats(indices);
    this.#list?.changeSeats(indices);
    this.#showCounts(copy.states);
    this.#dropTaken();
  }

  /** Lets go of what is the buyer's by now, or somebody else's. */
  #dropTaken(): void {
    const { copy } = this.#watch ?? {};
    if (copy?.position === undefined) return;
    const isOwn = this.#selection.dropOwn(this.#own);
    const taken = this.#selection.dropTaken(copy.states, this.#aboutToHold());
    if (isOwn || taken.length > 0) this.#selectionChanged(taken);
  }

  /** What was called lost may turn out to be the buyer's own. */
  #takeBack(): void {
    const lost = this.#lost.filter(({ index }) => !this.#own.has(index));
    if (lost.length === this.#lost.length) return;
    this.#frame.note(this.#isLost ? this.#lostNote() : undefined);
    this.#showLost(lost);
  }

  #pick(seat: PlanSeat): void {
    const { copy } = this.#watch ?? {};
    if (!copy) return;
    if (copy.position === undefined) {
      return this.#frame.note(`It cannot be seen yet whether ${nameOfSeat(seat)} is free.`);
    }
    const state = this.#own.has(seat.index) ? "own" : stateOfByte(copy.states[seat.index]);
    const isAllowed = this.#emit("seat-pick", { ...this.#describe(seat), state });
    if (!isAllowed || state === "own") return;
    const result = this.#selection.toggle(seat, copy.states);
    if (result === "full") {
      this.#frame.note(`No more than ${this.#selection.max} seats can be picked at once.`);
    } else if (result === "taken") {
      this.#frame.note(`${nameOfSeat(seat)} is not free.`);
    } else {
      this.#frame.note(undefined);
      this.#selectionChanged([]);
    }
  }

  #select(): void {
    const { copy } = this.#watch ?? {};
    if (!this.#wanted || !this.#plan || copy?.position === undefined) return;
    this.#selection.replace(this.#wanted, this.#plan, copy.states, this.#aboutToHold());
    this.#wanted = undefined;
    this.#selectionChanged([]);
  }

  #showHeld(): void {
    this.#own = new Set(this.#indicesOf(this.#held));
    this.#map?.setOwn(this.#own);
    this.#list?.setOwn(this.#own);
  }

  #selectionChanged(taken: readonly PlanSeat[]): void {
    this.#mark(this.#selection.indices, "selected");
    this.#showLost(taken);
    this.#emit("selection-change", {
      seats: this.#selection.seats.map((seat) => this.#describe(seat)),
      taken: taken.map((seat) => this.#describe(seat)),
    });
  }

  #showLost(lost: readonly PlanSeat[]): void {
    this.#lost = lost;
    this.#mark(
      lost.map(({ index }) => index),
      "conflict",
    );
    const [first] = lost;
    if (first) this.#frame.note(`Somebody was faster: ${nameOfSeat(first)} is taken.`);
  }

  #mark(indices: number[], kind: MarkKind): void {
    this.#map?.setMarked(indices, kind);
    this.#list?.setMarked(indices, kind);
  }

  #showCounts(states: Uint8Array): void {
    const free = new Array<number>(this.#plan?.categories.length ?? 0).fill(0);
    for (const { index, category } of this.#plan?.seats ?? []) {
      if (states[index] === FREE) free[category.nth] = (free[category.nth] ?? 0) + 1;
    }
    this.#frame.showCounts(free);
  }

  #showList(isList: boolean): void {
    this.#isList = isList;
    this.#frame.showList(isList);
  }

  #describe(seat: PlanSeat): PickedSeat {
    const { label, category } = seat;
    return {
      label,
      name: nameOfSeat(seat),
      category: category.key,
      price: category.price,
      currency: this.#plan?.currency,
    };
  }

  #formatPrice({ price }: PlanCategory): string | undefined {
    const currency = this.#plan?.currency;
    if (price === undefined || !currency) return price;
    const locale = this.getAttribute("currency-locale") ?? undefined;
    try {
      return formatMoney(price, currency, locale);
    } catch {
      return `${price} ${currency}`;
    }
  }

  #aboutToHold(): ReadonlySet<number> {
    return new Set(this.#indicesOf(this.#holding));
  }

  #indicesOf(labels: readonly string[]): number[] {
    return labels.flatMap((label) => this.#plan?.byLabel.get(label)?.index ?? []);
  }

  #max(): number {
    const max = Number(this.getAttribute("max") ?? SEATS_MAX);
    return Number.isInteger(max) && max > 0 ? max : SEATS_MAX;
  }

  /** The service that the script came from, unless `src` says otherwise. */
  #origin(): string {
    return new URL(this.getAttribute("src") ?? "/", import.meta.url).origin;
  }

  #fail(message: string): void {
    this.#frame.note(message, "error");
    this.#emit("load-error", { message });
  }

  #emit(type: string, detail: unknown): boolean {
    return this.dispatchEvent(
      new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }),
    );
  }
}

if (!customElements.get("holdfast-seat-map")) {
  customElements.define("holdfast-seat-map", HoldfastSeatMap);
}
