import { ProblemError } from "../../api";
import type { Plan } from "../../seat-map";
import { spokenText } from "../holds/countdown";
import { count, money } from "../texts/money";
import { countSeats, listed } from "../texts/seats";
import type { Entry, Terms } from "./entry";

const ENDINGS = new Map<Intl.LDMLPluralRule, string>([
  ["one", "st"],
  ["two", "nd"],
  ["few", "rd"],
]);
const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });

/** Such as "1st", "2nd", "1,013th". */
export function ordinal(n: number): string {
  return `${count(n)}${ENDINGS.get(ORDINALS.select(n)) ?? "th"}`;
}

export function aheadText(ahead: number): string {
  if (ahead === 0) return "Nobody is ahead of you.";
  return ahead === 1 ? "1 person is ahead of you." : `${count(ahead)} people are ahead of you.`;
}

export function waitingText(waiting: number): string {
  if (waiting === 0) return "Nobody is waiting yet: you would be the first.";
  return waiting === 1 ? "1 person is waiting now." : `${count(waiting)} people are waiting now.`;
}

/** Such as "2 seats next to each other, in Stalls or Balcony, for at most €50.00 each". */
export function wishText(entry: Entry, plan: Plan | undefined, currency: string): string {
  const { quantity, together, sections, categories, price_max: most } = entry;
  const section = (key: string) => plan?.sections.find((one) => one.key === key)?.name ?? key;
  const category = (key: string) => plan?.categories.find((one) => one.key === key)?.name ?? key;
  const parts = [
    countSeats(quantity) + (together && quantity > 1 ? " next to each other" : ""),
    ...(sections ? [`in ${either(sections.map(section))}`] : []),
    ...(categories ? [`of category ${either(categories.map(category))}`] : []),
    ...(most ? [`for at most ${money(most, currency)}${quantity > 1 ? " each" : ""}`] : []),
  ];
  return parts.join(", ");
}

/** More than a few are told by their number. */
function either(names: string[]): string {
  if (names.length > 4) return `one of ${names.length} places`;
  return listed(names).replace(/ and (?=[^,]*$)/, " or ");
}

/** Why an entry is over, for its person. */
export function endText(
  entry: Entry,
  known: { names: string; isDeclined: boolean; mayHaveBeenUnverified: boolean },
): string {
  switch (entry.state) {
    case "accepted":
      return "You have taken the seats that were offered to you: they are booked.";
    case "removed":
      return "The organiser has taken you off the waitlist. Please ask them if you do not know why.";
    case "left":
      if (known.isDeclined)
        return "You have let the seats go, and are not on the waitlist any more.";
      return "You are not on the waitlist any more: you have left it, or let the offered seats go.";
    default:
      return lapseText(known);
  }
}

function lapseText({
  names,
  mayHaveBeenUnverified,
}: {
  names: string;
  mayHaveBeenUnverified: boolean;
}): string {
  if (names) {
    return `Your time is up: ${names} can go to somebody else now. You are not on the waitlist any more.`;
  }
  const reasons = [
    "the time for the seats that were held for you was up",
    ...(mayHaveBeenUnverified ? ["the link in the mail was not opened within a day"] : []),
    "or sales have ended",
  ];
  return `You are not on the waitlist any more: ${reasons.join(", ").replace(", or", " or")}.`;
}

/** Why somebody cannot join, where it is no mistake of a field. */
export function joinSentence(problem: ProblemError): string {
  switch (problem.code) {
    case "waitlist_closed":
      return problem.member<string>("reason") === "full"
        ? "The waitlist is full. Somebody may leave it, so please try again later."
        : "The organiser does not take anybody onto this waitlist at the moment.";
    case "event_not_on_sale":
      return "This event is not on sale, so nobody can wait for its seats.";
    case "offline":
      return "There is no connection. Please try again in a moment: nobody joins twice.";
    default:
      return problem.sentence;
  }
}

/** Why an offer lasts longer than its usual time; nothing where it does not. */
export function quietText(terms: Terms | undefined, secondsLeft: number): string | undefined {
  const quiet = terms?.quiet_hours;
  if (!quiet || secondsLeft <= terms.offer_ttl_seconds + 60) return undefined;
  return (
    `That is ${spokenText(terms.offer_ttl_seconds)}, not counting the quiet hours ` +
    `from ${quiet.from} to ${quiet.until} at the venue.`
  );
}

/** Why an offer cannot be let go, or an entry not left. */
export function leaveSentence(problem: ProblemError): string {
  if (problem.code === "offline") {
    return "There is no connection. Please try again in a moment.";
  }
  if (problem.code === "hold_confirmed") return "These seats are booked already.";
  return problem.sentence;
}
