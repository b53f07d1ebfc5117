/** What endpoints can be told of. */
export const KINDS: Record<string, string> = {
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
