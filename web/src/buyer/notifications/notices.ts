import type { components } from "../../api";

export type Notification = components["schemas"]["Notification"];

export interface Told {
  text: string;
  /** Where it matters. */
  href: string;
}

/** What a notification says, and where it leads. */
export function toldBy({ kind, event_id, subject_id }: Notification): Told {
  const booking = `/bookings/${subject_id}`;
  const event = `/events/${event_id}`;
  switch (kind) {
    case "booking.confirmed":
      return { text: "Your seats are booked.", href: booking };
    case "booking.cancelled":
      return { text: "Seats of your booking were cancelled.", href: booking };
    case "event.reminder":
      return { text: "It begins within a day.", href: booking };
    case "event.changed":
      return { text: "Its name or its time has changed.", href: event };
    case "waitlist.joined":
      return { text: "You have joined the waitlist.", href: event };
    case "waitlist.offered":
      return { text: "Seats are held for you.", href: event };
    case "waitlist.accepted":
      return { text: "You have taken the seats from the waitlist.", href: "/bookings" };
    case "waitlist.lapsed":
      return { text: "You are not on the waitlist any more.", href: event };
    default:
      return { text: "There is news.", href: event };
  }
}

export function asRead(one: Notification): Notification {
  return { ...one, read_at: one.read_at ?? new Date().toISOString() };
}

const MINUTE_MS = 60_000;

/** Such as "just now", "5 minutes ago", "yesterday", "3 weeks ago". */
export function agoText(iso: string, now: number, locale: string): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const minutes = Math.floor((now - Date.parse(iso)) / MINUTE_MS);
  if (minutes < 1) return "just now";
  if (minutes < 60) return format.format(-minutes, "minute");
  if (minutes < 60 * 24) return format.format(-Math.floor(minutes / 60), "hour");
  const days = Math.floor(minutes / (60 * 24));
  return days < 14 ? format.format(-days, "day") : format.format(-Math.floor(days / 7), "week");
}
