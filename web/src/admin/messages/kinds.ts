import type { components } from "../../api";

export type Kind = components["schemas"]["WebhookKind"];

/** What endpoints can be told of. */
export const KINDS: Record<Kind, string> = {
  "booking.confirmed": "A booking was made",
  "booking.cancelled": "A booking, or some of its seats, was cancelled",
  "event.opened": "An event was put on sale",
  "event.sold_out": "An event has no free seat left",
  "event.changed": "Something about an event was changed",
  "event.cancelled": "An event was cancelled",
  "waitlist.joined": "Somebody joined a waitlist",
  "waitlist.offered": "Seats are held for somebody on a waitlist",
  "waitlist.accepted": "Somebody booked the seats of an offer",
  "waitlist.lapsed": "An entry of a waitlist ended without seats",
  "hold.placed": "Seats were held",
  "hold.extended": "A hold was given more time",
  "hold.released": "A hold was given up",
  "hold.expired": "A hold ran out of time",
};

const MAILS: Record<string, string> = {
  "booking.confirmed": "Booking confirmed",
  "booking.cancelled": "Booking cancelled",
  "event.cancelled": "Event cancelled",
  "event.changed": "Event changed",
  "event.reminder": "Reminder",
  "waitlist.joined": "Joined the waitlist",
  "waitlist.offered": "Seats offered",
  "waitlist.lapsed": "Waitlist entry ended",
};

/** What a message is called in a log that shows mails and webhooks. */
export function nameOf(kind: string, channel: string): string {
  return (channel === "mail" ? MAILS[kind] : undefined) ?? kind;
}

/** With this kind or without it; others stay, also those that this page has no name for. */
export function ticked(kinds: Kind[], kind: Kind, isTicked: boolean): Kind[] {
  const others = kinds.filter((other) => other !== kind);
  return isTicked ? [...others, kind] : others;
}
