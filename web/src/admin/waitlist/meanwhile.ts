import { isLive, STATES } from "./entry-search";
import type { Entry } from "./waitlist-calls";

/**
 * What somebody else, or the waitlist itself, has done to an entry since it was looked at; nothing
 * when it is as it was.
 */
export function meanwhile(before: Entry, now: Entry | undefined): string | undefined {
  const name = before.contact.name;
  if (!now) return `${name} is not on the list any more.`;
  if (!isLive(now.state)) return ENDED[now.state]?.(name) ?? `${name}: ${STATES[now.state]}.`;
  if (now.state === "offered" && now.hold_id !== before.hold_id) {
    return `Seats are held for ${name} now.`;
  }
  if (before.state === "offered" && now.state === "waiting") return `${name} waits again.`;
  if (now.priority !== before.priority) {
    return `Somebody else has moved ${name}: from priority ${before.priority} to ${now.priority}.`;
  }
  if (now.version !== before.version) return `Somebody else has moved ${name}, and back.`;
  return undefined;
}

const ENDED: Partial<Record<Entry["state"], (name: string) => string>> = {
  accepted: (name) => `${name} has booked the seats that were offered.`,
  lapsed: (name) => `${name} is not on the list any more: the offer or the sale has run out.`,
  left: (name) => `${name} has left the list.`,
  removed: (name) => `Somebody else has taken ${name} off the list.`,
};
