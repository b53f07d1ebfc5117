import type { components } from "../../api";

export type Entry = components["schemas"]["WaitlistEntry"];
export type EntryState = components["schemas"]["WaitlistEntryState"];
export type Terms = components["schemas"]["Waitlist"];
export type Wish = components["schemas"]["JoinWaitlist"];

const LIVE: readonly EntryState[] = ["unverified", "waiting", "offered"];

export function isLive({ state }: Entry): boolean {
  return LIVE.includes(state);
}

/** The offered seats; none while nothing is offered. */
export function offeredSeats(entry: Entry | undefined): string[] {
  return entry?.offer?.seats.map(({ seat }) => seat) ?? [];
}
