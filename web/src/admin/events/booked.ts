import { count } from "../parts/format";
import type { Event } from "./event-form";

/** How many of an event's seats are booked: a list may not say it of one that is over. */
export function booked({ seats, seat_count, state }: Event): string {
  const known = seats?.booked ?? (state === "draft" ? 0 : undefined);
  return `${known === undefined ? "–" : count(known)} of ${count(seat_count)}`;
}
