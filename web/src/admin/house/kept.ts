import type { Plan } from "../../seat-map";

export const BLOCKED = "x".charCodeAt(0);
const KEPT = "w".charCodeAt(0);

/**
 * A board's bytes as its owner sees them: seats that are kept for the waitlist show as such. A list of
 * kept seats is older than the board: what the board has in another state since is that.
 */
export function showKept(board: Uint8Array, kept: ReadonlySet<number>): Uint8Array<ArrayBuffer> {
  const states = new Uint8Array(board);
  for (const index of kept) if (states[index] === BLOCKED) states[index] = KEPT;
  return states;
}

export function shownByte(board: Uint8Array, kept: ReadonlySet<number>, index: number): number {
  const byte = board[index] ?? BLOCKED;
  return byte === BLOCKED && kept.has(index) ? KEPT : byte;
}

export const NO_SEATS: ReadonlySet<number> = new Set();

/** Seats by their labels; what the plan does not have is left out. */
export function seatsNamed({ byLabel }: Plan, labels: string[]): ReadonlySet<number> {
  return new Set(labels.flatMap((label) => byLabel.get(label)?.index ?? []));
}
