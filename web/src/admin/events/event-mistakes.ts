import type { ProblemError } from "../../api";
import type { Mistakes } from "./event-form";

const FIELDS: Record<string, string> = {
  "/name": "name",
  "/starts_at": "starts_at",
  "/currency": "currency",
  "/venue_id": "venue_id",
  "/sales_open_at": "sales_open_at",
  "/sales_close_at": "sales_close_at",
  "/hold_ttl_seconds": "hold_minutes",
  "/hold_lifetime_max_seconds": "hold_minutes",
  "/seats_per_hold_max": "seats_per_hold_max",
  "/seats_per_person_max": "seats_per_person_max",
};

/** The words of the interface, and what the form calls them. */
const WORDS: [RegExp, string][] = [
  [/\bfrom 5 to 3600\b/g, "between 5 seconds and 60 minutes"],
  [/\bhold_ttl_seconds\b/g, "the time that seats are held"],
  [/\bseats_per_hold_max\b/g, "the seats per hold"],
  [/\bsales_open_at\b/g, "the beginning of the sale"],
  [/\bstarts_at\b/g, "the start of the event"],
];

/** Puts each mistake that the service found to its field. */
export function mistakesOf(problem: ProblemError, categories: string[]): Mistakes {
  const mistakes: Mistakes = {};
  for (const [pointer, detail] of Object.entries(problem.mistakes)) {
    const field = fieldAt(pointer, categories);
    const sentence = sentenceOf(detail);
    const others = mistakes[field];
    mistakes[field] = others ? `${others} ${sentence}` : sentence;
  }
  return mistakes;
}

function fieldAt(pointer: string, categories: string[]): string {
  const nth = /^\/prices\/(\d+)(\/|$)/.exec(pointer)?.[1];
  const category = nth === undefined ? undefined : categories[Number(nth)];
  return category === undefined ? (FIELDS[pointer] ?? "form") : `price:${category}`;
}

function sentenceOf(detail: string): string {
  const words = WORDS.reduce((text, [machine, human]) => text.replace(machine, human), detail);
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
