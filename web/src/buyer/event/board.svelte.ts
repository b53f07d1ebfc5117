import {
  watchBoard,
  type BoardCopy,
  type BoardCounts,
  type ConnectionState,
} from "../../availability";
import { unknownStates, type Plan } from "../../seat-map";

/** Who draws the seats: told what changed, or nothing where everything may have. */
type Drawer = (changed: number[] | undefined, states: Uint8Array) => void;

export interface CategoryCount {
  free: number;
  total: number;
}

interface Hooks {
  /** Seats are otherwise than they were; all may be where nothing is named. */
  onSeats(changed: number[] | undefined, states: Uint8Array): void;
  onConnection(connection: ConnectionState): void;
}

const FREE = ".".charCodeAt(0);

/** The house as it is now, for everything on the page that shows it. */
export class LiveBoard {
  connection = $state<ConnectionState>("connecting");
  /** Why there is no connection, as a sentence. */
  detail = $state<string>();
  /** When the shown state was last known to be true; nothing while it is live, or there is none. */
  staleSince = $state<number>();
  counts = $state.raw<BoardCounts>();
  byCategory = $state.raw<CategoryCount[]>([]);
  /** Grows with each change. */
  version = $state(0);
  states: Uint8Array | undefined;

  readonly #feed: { close(): void };
  #drawer: Drawer | undefined;

  constructor(
    eventId: string,
    private readonly plan: Plan,
    private readonly hooks: Hooks,
  ) {
    this.#feed = watchBoard(eventId, {
      onSnapshot: (copy) => this.#changed(copy, undefined),
      onChanges: (indices, copy) => this.#changed(copy, indices),
      onSame: () => this.#dated(),
      onConnection: (state, detail) => this.#connected(state, detail),
    });
  }

  /** The drawer is told at once what there is, be it nothing. Answers how to stop. */
  draw(drawer: Drawer): () => void {
    this.#drawer = drawer;
    drawer(undefined, this.states ?? unknownStates(this.plan));
    return () => (this.#drawer = undefined);
  }

  stateOf(index: number): number | undefined {
    return this.states?.[index];
  }

  isFree(index: number): boolean {
    return this.stateOf(index) === FREE;
  }

  close(): void {
    this.#feed.close();
  }

  #changed(copy: BoardCopy, indices: number[] | undefined): void {
    this.states = copy.states;
    this.#dated();
    this.counts = copy.counts();
    this.byCategory = countByCategory(this.plan, copy.states);
    this.version += 1;
    this.#drawer?.(indices, copy.states);
    this.hooks.onSeats(indices, copy.states);
  }

  /** What is shown is known to be true now. */
  #dated(): void {
    if (this.connection !== "live") this.staleSince = Date.now();
  }

  #connected(state: ConnectionState, detail: string | undefined): void {
    this.detail = detail;
    if (state === "live") this.staleSince = undefined;
    else if (this.states) this.staleSince ??= Date.now();
    this.connection = state;
    this.hooks.onConnection(state);
  }
}

function countByCategory(plan: Plan, states: Uint8Array): CategoryCount[] {
  const counts = plan.categories.map(() => ({ free: 0, total: 0 }));
  for (const { index, category } of plan.seats) {
    const count = counts[category.nth];
    if (!count) continue;
    count.total += 1;
    if (states[index] === FREE) count.free += 1;
  }
  return counts;
}
