import { counted, money } from "../parts/format";
import type { Decision, Entry } from "./waitlist-calls";

/** What keys of a plan are called; keys of which nothing is known are shown as they are. */
export type Names = ReadonlyMap<string, string>;

type Wish = Pick<Entry, "quantity" | "together" | "sections" | "categories" | "price_max">;

/** `2 seats together · Stalls or Balcony · at most €50.00 a seat`. */
export function wishInWords(
  wish: Wish,
  { sections, categories, currency }: { sections: Names; categories: Names; currency: string },
): string {
  const named = (keys: string[] | null | undefined, names: Names) =>
    keys && keys.length > 0 ? [either(keys.map((key) => names.get(key) ?? key))] : [];
  const where = [...named(wish.sections, sections), ...named(wish.categories, categories)];
  const price = wish.price_max ? [`at most ${money(wish.price_max, currency)} a seat`] : [];
  return [seatsInWords(wish), ...(where.length > 0 ? where : ["anywhere"]), ...price].join(" · ");
}

function seatsInWords({ quantity, together }: Wish): string {
  if (quantity === 1) return "1 seat";
  return `${quantity} seats${together ? " together" : ", also apart"}`;
}

const SKIPS: Record<string, string> = {
  too_few_seats: "too few of the free seats fitted",
  not_together: "the free seats were not next to each other",
  limit_reached: "it would have been more seats than one person may have",
  behind_the_first: "the first in the queue comes first",
};

/** `Passed over 3 times, last because …`; nothing for somebody who was not. */
export function skipsInWords(skips: number, reason: string | null | undefined): string {
  if (skips === 0) return reason ? `Not offered seats lately: ${spoken(SKIPS, reason)}` : "";
  const times = skips === 1 ? "once" : counted(skips, "time");
  if (!reason) return `Passed over ${times}`;
  return `Passed over ${times}${skips === 1 ? ":" : ", last because"} ${spoken(SKIPS, reason)}`;
}

/** What can be in the log, and what the filter calls it. */
export const DECISIONS: Record<string, string> = {
  joined: "Joined",
  verified: "Address verified",
  offered: "Offered seats",
  skipped: "Passed over",
  accepted: "Booked the seats",
  declined: "Let the offer go",
  lapsed: "Lapsed",
  withdrawn: "Offer withdrawn",
  left: "Left",
  moved: "Moved",
  removed: "Removed",
  kept: "Seats kept",
  let_go: "Seats put back on sale",
};

const WITHDRAWN: Record<string, string> = {
  seats_taken: "somebody bought a seat before it could be held",
  limit_reached: "it would have been more seats than one person may have",
  not_on_sale: "the event had only just been opened again",
  refused_before: "it had been refused before",
};

const LET_GO: Record<string, string> = {
  nobody_wants_them: "nobody who waits could take them",
  nobody_waits: "nobody waits any more",
};

/** A decision without its subject's name: `was offered S-A-1 and S-A-2`. */
export function decisionInWords(decision: Decision, ownId: string | undefined): string {
  const { kind, reason, seats } = decision;
  const by = decision.actor_id && decision.actor_id === ownId ? "you" : "an administrator";
  switch (kind) {
    case "joined":
      return "joined the waitlist.";
    case "verified":
      return "opened the link in the mail; the entry counts from now on.";
    case "offered":
      return `was offered ${listed(seats)}.`;
    case "skipped":
      return `was passed over: ${spoken(SKIPS, reason)}.`;
    case "accepted":
      return "accepted the offer and booked the seats.";
    case "declined":
      return "let the offer go.";
    case "lapsed":
      return lapsed(reason);
    case "withdrawn":
      return `waits on; ${withdrawn(reason)}.`;
    case "left":
      return "left the waitlist.";
    case "moved":
      return `was moved by ${by}.`;
    case "removed":
      return `was taken off the list by ${by}.`;
    case "kept":
      return `${listed(seats)} kept: seats are collected for somebody.`;
    case "let_go":
      return `${listed(seats)} back on sale: ${spoken(LET_GO, reason)}.`;
    default:
      return [spoken({}, kind), reason].filter(Boolean).join(": ");
  }
}

function lapsed(reason: string | null | undefined): string {
  if (reason === "event_cancelled") return "is off the list: the event is called off.";
  if (reason === "sales_ended") return "is off the list: the sale is over.";
  if (reason === "not_verified") {
    return "is off the list: the link in the mail was not opened within 24 hours.";
  }
  return "let the time of the offer run out.";
}

function withdrawn(reason: string | null | undefined): string {
  if (reason === "paused") return "the offer ran out while sales were paused";
  if (reason === "not_told") return "the offer ran out before anybody could be told of it";
  return `the offer could not be made: ${spoken(WITHDRAWN, reason)}`;
}

/** Whether the reason is what an administrator typed. */
export function hasTypedReason({ kind }: Decision): boolean {
  return kind === "moved" || kind === "removed";
}

function spoken(words: Record<string, string>, word: string | null | undefined): string {
  if (!word) return "no reason was noted";
  return words[word] ?? word.replaceAll("_", " ");
}

/** More labels than this are counted. */
const LABELS_MAX = 8;

/** `S-A-1, S-A-2 and S-A-3`. */
export function listed(labels: string[]): string {
  const shown = labels.slice(0, LABELS_MAX);
  const more = labels.length - shown.length;
  if (more > 0) return `${shown.join(", ")} and ${more} more`;
  return joined(shown, "and");
}

function either(names: string[]): string {
  return joined(names, "or");
}

function joined(names: string[], word: "and" | "or"): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} ${word} ${last}`;
}
