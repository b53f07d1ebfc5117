import { ProblemError } from "../../api";
import { batches } from "./selection";

export interface Conflict {
  seat: string;
  reason: string;
}

export interface Blocked {
  blockedCount: number;
  /** Seats that somebody took while they were being chosen. */
  conflicts: Conflict[];
  /** What ended it early; the seats before it are blocked all the same. */
  failure?: unknown;
}

export type Send = (seats: string[]) => Promise<unknown>;

/** Limit: seats that are taken one after the other while this goes on. */
const ATTEMPTS_MAX = 5;

/**
 * Takes free seats off sale. The service blocks all seats of a request or none: those that are not
 * free any more are left out, and named.
 */
export async function blockSeats(seats: string[], send: Send): Promise<Blocked> {
  const outcome: Blocked = { blockedCount: 0, conflicts: [] };
  for (const batch of batches(seats)) {
    const { blockedCount, conflicts, failure } = await blockBatch(batch, send);
    outcome.blockedCount += blockedCount;
    outcome.conflicts.push(...conflicts);
    if (failure !== undefined) return { ...outcome, failure };
  }
  return outcome;
}

async function blockBatch(batch: string[], send: Send): Promise<Blocked> {
  const conflicts: Conflict[] = [];
  let left = batch;
  for (let attempt = 1; left.length > 0; attempt += 1) {
    try {
      await send(left);
      return { blockedCount: left.length, conflicts };
    } catch (cause) {
      const found = conflictsIn(cause);
      if (found.length === 0 || attempt === ATTEMPTS_MAX) {
        return { blockedCount: 0, conflicts, failure: cause };
      }
      conflicts.push(...found);
      const taken = new Set(found.map(({ seat }) => seat));
      left = left.filter((seat) => !taken.has(seat));
    }
  }
  return { blockedCount: 0, conflicts };
}

function conflictsIn(cause: unknown): Conflict[] {
  const isConflict = cause instanceof ProblemError && cause.code === "seats_unavailable";
  return (isConflict && cause.member<Conflict[]>("conflicts")) || [];
}
