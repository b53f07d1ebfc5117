/** What a state is called; the board has one character for each, `w` added by `LiveHouse`. */
export const STATE_NAMES = {
  ".": "free",
  h: "held",
  b: "booked",
  x: "blocked",
  w: "kept",
} as const;
export type SeatState = (typeof STATE_NAMES)[keyof typeof STATE_NAMES];
export type StateCounts = Record<SeatState, number>;

/** Limit: as many seats as the service blocks at a time. */
export const SEATS_PER_REQUEST = 500;

export function stateOf(states: Uint8Array, index: number): SeatState {
  const character = String.fromCharCode(states[index] ?? 0);
  // What is not known is not offered.
  return STATE_NAMES[character as keyof typeof STATE_NAMES] ?? "blocked";
}

export function countStates(states: Uint8Array, indices: Iterable<number>): StateCounts {
  const counts: StateCounts = { free: 0, held: 0, booked: 0, blocked: 0, kept: 0 };
  for (const index of indices) counts[stateOf(states, index)] += 1;
  return counts;
}

/** A single seat is chosen and unchosen by pointing at it. */
export function toggled<T>(selected: ReadonlySet<T>, one: T): Set<T> {
  const next = new Set(selected);
  if (!next.delete(one)) next.add(one);
  return next;
}

/** A row or section that is chosen in part becomes chosen as a whole; a whole one, not at all. */
export function toggledAll(selected: ReadonlySet<number>, indices: number[]): Set<number> {
  const next = new Set(selected);
  const isWhole = indices.length > 0 && indices.every((index) => next.has(index));
  for (const index of indices) {
    if (isWhole) next.delete(index);
    else next.add(index);
  }
  return next;
}

export function howChosen(
  selected: ReadonlySet<number>,
  indices: number[],
): "all" | "some" | "none" {
  const n = indices.filter((index) => selected.has(index)).length;
  if (n === 0) return "none";
  return n === indices.length ? "all" : "some";
}

/** Those of the chosen seats that are in a state, in the order of the plan. */
export function inState(
  states: Uint8Array,
  selected: ReadonlySet<number>,
  state: SeatState,
): number[] {
  return [...selected].filter((index) => stateOf(states, index) === state).sort((a, b) => a - b);
}

export function batches<T>(items: T[], size = SEATS_PER_REQUEST): T[][] {
  const n = Math.ceil(items.length / size);
  return Array.from({ length: n }, (_, nth) => items.slice(nth * size, (nth + 1) * size));
}
