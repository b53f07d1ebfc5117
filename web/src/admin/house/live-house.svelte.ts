import { watchBoard, type BoardWatch, type ConnectionState } from "../../availability";
import { unknownStates, type Plan, type SeatMap } from "../../seat-map";
import { session } from "../session/session.svelte";
import { countStates, stateOf, type SeatState, type StateCounts } from "./selection";
import { BLOCKED, NO_SEATS, showKept, shownByte } from "./kept";

/** Numbers that change more often than this cannot be read. */
const RECOUNT_MS = 250;

/** An event's seats as they are now, on the map and in numbers. */
export class LiveHouse {
  connection = $state<ConnectionState>("connecting");
  detail = $state("");
  /** Milliseconds since 1970. */
  lastChangeAt = $state<number>();
  counts = $state.raw<StateCounts>();
  byCategory = $state.raw<Record<string, StateCounts>>({});
  /** Goes up with every change: what reads single seats depends on it. */
  revision = $state(0);
  /** Goes up when seats were booked, or booked seats came free. */
  salesRevision = $state(0);
  /** Goes up when a seat was blocked or kept for the waitlist, or what was kept has moved on. */
  offSaleRevision = $state(0);
  /** As shown: the board, and on it the seats that are kept for the waitlist. */
  states: Uint8Array = new Uint8Array(0);
  #board: Uint8Array = new Uint8Array(0);
  #kept = NO_SEATS;
  #map: SeatMap | undefined;
  #watch: BoardWatch | undefined;
  #recount: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly eventId: string,
    private readonly plan: Plan,
  ) {}

  start(): () => void {
    this.#watch = watchBoard(this.eventId, {
      token: () => session.token(),
      onSnapshot: (copy) => this.#replace(copy.states),
      onChanges: (indices) => this.#change(indices),
      onConnection: (state, detail = "") => {
        this.connection = state;
        this.detail = detail;
      },
    });
    return () => {
      this.#watch?.close();
      clearTimeout(this.#recount);
    };
  }

  drawOn(map: SeatMap | undefined): void {
    this.#map = map;
    map?.setStates(this.states.length > 0 ? this.states : unknownStates(this.plan));
  }

  /** Nothing where the seats are not known yet. */
  stateOf(index: number): SeatState | undefined {
    void this.revision;
    return this.counts && stateOf(this.states, index);
  }

  /** The board says of kept seats only that they are not on sale. */
  setKept(kept: ReadonlySet<number>): void {
    const both = [...this.#kept, ...kept];
    this.#kept = kept;
    const changed = both.filter((index) => this.#show(index));
    if (changed.length === 0) return;
    this.#map?.changeSeats(changed);
    this.revision += 1;
    this.#count();
  }

  /** Answers whether the seat looks different now. */
  #show(index: number): boolean {
    const byte = shownByte(this.#board, this.#kept, index);
    if (this.states[index] === byte) return false;
    this.states[index] = byte;
    return true;
  }

  #replace(board: Uint8Array): void {
    this.#board = board;
    this.states = showKept(board, this.#kept);
    this.#map?.setStates(this.states);
    this.revision += 1;
    this.salesRevision += 1;
    if (board.includes(BLOCKED)) this.offSaleRevision += 1;
    this.#count();
  }

  #change(indices: number[]): void {
    const before = this.#statesOf(indices);
    for (const index of indices) this.#show(index);
    const after = this.#statesOf(indices);
    if (before.includes("booked") || after.includes("booked")) this.salesRevision += 1;
    if (before.includes("kept") || after.includes("blocked")) this.offSaleRevision += 1;
    this.#map?.changeSeats(indices);
    this.revision += 1;
    this.lastChangeAt = Date.now();
    this.#recount ??= setTimeout(() => this.#count(), RECOUNT_MS);
  }

  #statesOf(indices: number[]): SeatState[] {
    return indices.map((index) => stateOf(this.states, index));
  }

  #count(): void {
    clearTimeout(this.#recount);
    this.#recount = undefined;
    const seats = this.plan.seats;
    const byCategory: Record<string, number[]> = {};
    for (const { index, category } of seats) (byCategory[category.key] ??= []).push(index);
    const entries = Object.entries(byCategory);
    this.byCategory = Object.fromEntries(
      entries.map(([key, indices]) => [key, countStates(this.states, indices)]),
    );
    this.counts = countStates(this.states, seats.keys());
  }
}
