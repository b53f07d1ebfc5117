import type { EntryState } from "./waitlist-calls";

/** Which entries are shown: those in one state, those of one mail address, or all live ones. */
export interface EntrySearch {
  state?: EntryState;
  email?: string;
}

/** In the order of an entry's life. */
export const STATES: Record<EntryState, string> = {
  unverified: "To verify",
  waiting: "Waiting",
  offered: "Offered",
  accepted: "Booked",
  lapsed: "Lapsed",
  left: "Left",
  removed: "Removed",
};

/** Whose place in the queue can be changed. */
export function isMovable(state: EntryState): boolean {
  return state === "waiting" || state === "unverified";
}

/** Who is on the list: the others have booked, left, or were taken off it. */
export function isLive(state: EntryState): boolean {
  return isMovable(state) || state === "offered";
}

export function readSearch(query: string): EntrySearch {
  const parameters = new URLSearchParams(query);
  const state = parameters.get("state") ?? "";
  const email = parameters.get("email")?.trim() ?? "";
  if (email) return { email };
  return Object.hasOwn(STATES, state) ? { state: state as EntryState } : {};
}

export function queryOf({ state, email }: EntrySearch): string {
  const parameters = new URLSearchParams();
  if (email?.trim()) parameters.set("email", email.trim());
  else if (state) parameters.set("state", state);
  const text = parameters.toString();
  return text && `?${text}`;
}
