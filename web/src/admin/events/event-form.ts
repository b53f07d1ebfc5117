import type { components } from "../../api";
import { readAmount } from "./prices";
import { momentsOf, wallTimeOf, zoneNameAt, type WallTime } from "./zone-time";

export type Event = components["schemas"]["EventWithSeats"];
type CreateEvent = components["schemas"]["CreateEvent"];

export const TIMES = ["starts_at", "sales_open_at", "sales_close_at"] as const;
export type TimeField = (typeof TIMES)[number];
type NumberField = "hold_minutes" | "seats_per_hold_max" | "seats_per_person_max";

/** As typed; times are what the clocks at the venue show. */
export interface EventForm {
  name: string;
  currency: string;
  times: Record<TimeField, WallTime>;
  /** Which of two moments is meant where the clocks say a time twice. */
  isSecond: Record<TimeField, boolean>;
  /** Which times were begun and not finished; the browser says nothing of what is there. */
  isPartial: Record<TimeField, boolean>;
  prices: Record<string, string>;
  hold_minutes: string;
  seats_per_hold_max: string;
  seats_per_person_max: string;
}

/** Sentences by field: `name`, `starts_at`, `price:stalls`, `hold_minutes`, …; `form` for the rest. */
export type Mistakes = Record<string, string>;

/** What a form says, as far as it can be read. */
export interface EventTerms extends Omit<CreateEvent, "venue_id"> {
  hold_ttl_seconds: number;
  hold_lifetime_max_seconds: number;
  seats_per_hold_max: number;
  seats_per_person_max: number;
}

export function emptyForm(): EventForm {
  return {
    name: "",
    currency: "EUR",
    times: { starts_at: "", sales_open_at: "", sales_close_at: "" },
    isSecond: { starts_at: false, sales_open_at: false, sales_close_at: false },
    isPartial: { starts_at: false, sales_open_at: false, sales_close_at: false },
    prices: {},
    hold_minutes: "10",
    seats_per_hold_max: "10",
    seats_per_person_max: "20",
  };
}

/** Whether a new event's form says anything that would be missed; fields of prices come empty. */
export function isTyped(form: EventForm): boolean {
  if (Object.values(form.prices).some(Boolean)) return true;
  return JSON.stringify({ ...form, prices: {} }) !== JSON.stringify(emptyForm());
}

export function formOf(event: Event): EventForm {
  const zone = event.venue.time_zone;
  const form = emptyForm();
  form.name = event.name;
  form.currency = event.currency;
  for (const field of TIMES) {
    const at = event[field];
    form.times[field] = at ? wallTimeOf(at, zone) : "";
    const moments = momentsOf(form.times[field], zone);
    form.isSecond[field] =
      moments?.kind === "two" && at !== null && moments.second.getTime() === Date.parse(at);
  }
  form.prices = Object.fromEntries(event.prices.map(({ category, amount }) => [category, amount]));
  form.hold_minutes = String(Math.round((event.hold_ttl_seconds / 60) * 100) / 100);
  form.seats_per_hold_max = String(event.seats_per_hold_max);
  form.seats_per_person_max = String(event.seats_per_person_max);
  return form;
}

/** Reads a form; what cannot be read is among the mistakes and missing in the terms. */
export function readForm(
  form: EventForm,
  zone: string,
  categories: string[],
): { terms: EventTerms; mistakes: Mistakes } {
  const mistakes: Mistakes = {};
  if (form.name.trim() === "") mistakes["name"] = "Please give the event a name.";
  const times = readTimes(form, zone, mistakes);
  const minutes = readNumber(form, "hold_minutes", mistakes);
  const terms: EventTerms = {
    name: form.name.trim(),
    currency: form.currency.trim().toUpperCase(),
    ...times,
    prices: readPrices(form, categories, mistakes),
    hold_ttl_seconds: Math.round(minutes * 60),
    hold_lifetime_max_seconds: Math.round(minutes * 60) * EXTENSIONS,
    seats_per_hold_max: readNumber(form, "seats_per_hold_max", mistakes),
    seats_per_person_max: readNumber(form, "seats_per_person_max", mistakes),
  };
  return { terms, mistakes };
}

/** A buyer who extends has the seats three times as long at most; the service's own default. */
const EXTENSIONS = 3;

function readTimes(form: EventForm, zone: string, mistakes: Mistakes) {
  const read = (field: TimeField): string | null => {
    const wall = form.times[field];
    if (wall === "" && !form.isPartial[field]) return null;
    const moments = momentsOf(wall, zone);
    if (moments?.kind === "one") return moments.at.toISOString();
    if (moments?.kind === "two") {
      return (form.isSecond[field] ? moments.second : moments.first).toISOString();
    }
    mistakes[field] = moments
      ? `The clocks at the venue go from ${hour(moments.from)} to ${hour(moments.to)} that night: ` +
        `there is no ${hour(wall)}.`
      : "Please give a day and a time.";
    return null;
  };
  const startsAt = read("starts_at");
  if (!startsAt && !mistakes["starts_at"]) mistakes["starts_at"] = "Please say when it starts.";
  return {
    starts_at: startsAt ?? "",
    sales_open_at: read("sales_open_at"),
    sales_close_at: read("sales_close_at"),
  };
}

function hour(wall: WallTime): string {
  return wall.slice(11);
}

function readPrices(form: EventForm, categories: string[], mistakes: Mistakes) {
  return categories.map((category) => {
    const { amount, mistake } = readAmount(form.prices[category] ?? "", form.currency);
    if (mistake) mistakes[`price:${category}`] = mistake;
    return { category, amount: amount ?? "" };
  });
}

function readNumber(form: EventForm, field: NumberField, mistakes: Mistakes): number {
  const text = form[field].trim().replace(",", ".");
  const isNumber = field === "hold_minutes" ? /^\d+(\.\d+)?$/ : /^\d{1,9}$/;
  if (isNumber.test(text)) return Number(text);
  mistakes[field] = "Please give a number.";
  return 0;
}

/** What differs, as a change of the event is sent. */
export function changesBetween(before: EventTerms, after: EventTerms): Partial<EventTerms> {
  const entries = Object.entries(after).filter(([key, value]) => {
    return JSON.stringify(value) !== JSON.stringify(before[key as keyof EventTerms]);
  });
  const changes: Partial<EventTerms> = Object.fromEntries(entries);
  // An event keeps its currency.
  delete changes.currency;
  if (changes.hold_ttl_seconds === undefined) delete changes.hold_lifetime_max_seconds;
  return changes;
}

/** Which of two moments a field means, where there are two. */
export function twoClocks(wall: WallTime, zone: string): [string, string] | undefined {
  const moments = momentsOf(wall, zone);
  if (moments?.kind !== "two") return undefined;
  return [zoneNameAt(moments.first, zone), zoneNameAt(moments.second, zone)];
}
