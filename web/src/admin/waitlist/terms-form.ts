import type { ProblemError } from "../../api";
import { count } from "../parts/format";
import { durationInWords, durationOf, secondsOf, type Duration } from "./duration";
import type { Terms, Waitlist } from "./waitlist-calls";

/** As typed. */
export interface TermsForm {
  is_open: boolean;
  policy: Terms["policy"];
  offer: Duration;
  waiting: Duration;
  quantity_max: string;
  entries_max: string;
  skips_max: string;
  verification_required: boolean;
  hasQuietHours: boolean;
  quiet_from: string;
  quiet_until: string;
}

type Field = keyof TermsForm;
export type TermsMistakes = Partial<Record<Field, string>>;

/** Limits: the service's own. */
export const BOUNDS = {
  offer: [60, 86_400],
  waiting: [60, 31_536_000],
  quantity_max: [1, 10],
  entries_max: [1, 20_000],
  skips_max: [1, 1000],
} as const;

export const POLICIES: Record<Terms["policy"], string> = {
  first_that_fits: "First that fits",
  strict: "Strict",
};

export function termsOf(waitlist: Waitlist): Terms {
  return {
    is_open: waitlist.is_open,
    policy: waitlist.policy,
    offer_ttl_seconds: waitlist.offer_ttl_seconds,
    quantity_max: waitlist.quantity_max,
    entries_max: waitlist.entries_max,
    skips_max: waitlist.skips_max,
    waiting_max_seconds: waitlist.waiting_max_seconds,
    verification_required: waitlist.verification_required,
    quiet_hours: waitlist.quiet_hours ?? null,
  };
}

export function formOf(terms: Terms): TermsForm {
  return {
    is_open: terms.is_open,
    policy: terms.policy,
    offer: durationOf(terms.offer_ttl_seconds),
    waiting: durationOf(terms.waiting_max_seconds),
    quantity_max: String(terms.quantity_max),
    entries_max: String(terms.entries_max),
    skips_max: String(terms.skips_max),
    verification_required: terms.verification_required,
    hasQuietHours: terms.quiet_hours !== null,
    quiet_from: terms.quiet_hours?.from ?? "22:00",
    quiet_until: terms.quiet_hours?.until ?? "08:00",
  };
}

/** Reads a form; what cannot be read is among the mistakes. */
export function readTerms(form: TermsForm): { terms: Terms; mistakes: TermsMistakes } {
  const mistakes: TermsMistakes = {};
  const terms: Terms = {
    is_open: form.is_open,
    policy: form.policy,
    offer_ttl_seconds: readDuration(form, "offer", mistakes),
    quantity_max: readNumber(form, "quantity_max", mistakes),
    entries_max: readNumber(form, "entries_max", mistakes),
    skips_max: readNumber(form, "skips_max", mistakes),
    waiting_max_seconds: readDuration(form, "waiting", mistakes),
    verification_required: form.verification_required,
    quiet_hours: readQuietHours(form, mistakes),
  };
  return { terms, mistakes };
}

function readNumber(
  form: TermsForm,
  field: "quantity_max" | "entries_max" | "skips_max",
  mistakes: TermsMistakes,
): number {
  const [min, max] = BOUNDS[field];
  const text = form[field].trim();
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  mistakes[field] = `Please give a whole number from ${min} to ${count(max)}.`;
  return 0;
}

function readDuration(
  form: TermsForm,
  field: "offer" | "waiting",
  mistakes: TermsMistakes,
): number {
  const [min, max] = BOUNDS[field];
  const seconds = secondsOf(form[field]);
  if (seconds !== undefined && seconds >= min && seconds <= max) return seconds;
  mistakes[field] = `Please give a time from ${durationInWords(min)} to ${durationInWords(max)}.`;
  return 0;
}

function readQuietHours(form: TermsForm, mistakes: TermsMistakes): Terms["quiet_hours"] {
  if (!form.hasQuietHours) return null;
  for (const field of ["quiet_from", "quiet_until"] as const) {
    if (!/^\d\d:\d\d$/.test(form[field])) mistakes[field] = "Please give a time of day.";
  }
  if (!mistakes.quiet_from && !mistakes.quiet_until && form.quiet_from === form.quiet_until) {
    mistakes.quiet_until = "They must not end when they begin.";
  }
  return { from: form.quiet_from, until: form.quiet_until };
}

const POINTERS: Record<string, Field> = {
  "/offer_ttl_seconds": "offer",
  "/waiting_max_seconds": "waiting",
  "/quantity_max": "quantity_max",
  "/entries_max": "entries_max",
  "/skips_max": "skips_max",
  "/quiet_hours/from": "quiet_from",
  "/quiet_hours/until": "quiet_until",
};

/** Puts each mistake that the service found to its field; what belongs to none is not among them. */
export function mistakesOf(problem: ProblemError): TermsMistakes {
  const entries = Object.entries(problem.mistakes).flatMap(([pointer, detail]) => {
    const field = POINTERS[pointer];
    return field ? [[field, `It ${detail}.`]] : [];
  });
  return Object.fromEntries(entries) as TermsMistakes;
}

export interface TermsChange {
  name: string;
  before: string;
  after: string;
}

const onOff = (value: boolean) => (value ? "yes" : "no");

type Speech<Name extends keyof Terms> = [called: string, say: (value: Terms[Name]) => string];

const SPOKEN: { [Name in keyof Terms]: Speech<Name> } = {
  is_open: ["People can join", onOff],
  policy: ["Who is offered seats", (policy) => POLICIES[policy]],
  offer_ttl_seconds: ["An offer is held for", durationInWords],
  quantity_max: ["Seats that one person may wait for", count],
  entries_max: ["People on the list", count],
  skips_max: ["Passed over so often", count],
  waiting_max_seconds: ["Waiting so long", durationInWords],
  verification_required: ["Address must be verified", onOff],
  quiet_hours: ["Quiet hours", (quiet) => (quiet ? `${quiet.from} to ${quiet.until}` : "none")],
};

export function changesBetween(before: Terms, after: Terms): TermsChange[] {
  const names = Object.keys(SPOKEN) as (keyof Terms)[];
  return names.flatMap((name) => changeOf(name, before, after));
}

function changeOf<Name extends keyof Terms>(name: Name, before: Terms, after: Terms) {
  if (JSON.stringify(before[name]) === JSON.stringify(after[name])) return [];
  const [called, say]: Speech<Name> = SPOKEN[name];
  return [{ name: called, before: say(before[name]), after: say(after[name]) }];
}

/** The form after somebody else saved: their values, except in the fields that were typed in here. */
export function carryOver(base: TermsForm, typed: TermsForm, newer: TermsForm): TermsForm {
  const merged = structuredClone(newer);
  const fields = Object.keys(base) as Field[];
  for (const field of fields) {
    if (JSON.stringify(typed[field]) === JSON.stringify(base[field])) continue;
    Object.assign(merged, { [field]: typed[field] });
  }
  return merged;
}
