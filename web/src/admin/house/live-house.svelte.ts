import { watchBoard, type BoardWatch, type ConnectionState } from "../../availability";
import type { Plan, SeatMap } from "../../seat-map";
import { session } from "../session/session.svelte";
import { countStates, stateOf, type SeatState, type StateCounts } from "./selection";

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
  states: Uint8Array = new Uint8Array(0);
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
    if (map && this.states.length > 0) map.setStates(this.states);
  }

  stateOf(index: number): SeatState {
    void this.revision;
    return stateOf(this.states, index);
  }

  #replace(states: Uint8Array): void {
    this.states = states;
    this.#map?.setStates(states);
    this.revision += 1;
    this.salesRevision += 1;
    this.#count();
  }

  #change(indices: number[]): void {
    const bookedBefore = this.counts?.booked;
    this.#map?.changeSeats(indices);
    this.revision += 1;
    this.lastChangeAt = Date.now();
    this.#recount ??= setTimeout(() => {
      this.#count();
      if (this.counts?.booked !== bookedBefore) this.salesRevision += 1;
    }, RECOUNT_MS);
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
