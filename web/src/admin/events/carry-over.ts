import { TIMES, type EventForm } from "./event-form";

/**
 * The form after somebody else saved: their values, except in the fields that were typed in here.
 *
 * @param base what the form said before anything was typed
 */
export function carryOver(base: EventForm, typed: EventForm, newer: EventForm): EventForm {
  const merged = structuredClone(newer);
  for (const field of SIMPLE) {
    if (typed[field] !== base[field]) merged[field] = typed[field];
  }
  for (const field of TIMES) {
    const isTyped = OF_TIMES.some((part) => typed[part][field] !== base[part][field]);
    if (!isTyped) continue;
    merged.times[field] = typed.times[field];
    merged.isSecond[field] = typed.isSecond[field];
    merged.isPartial[field] = typed.isPartial[field];
  }
  for (const [category, price] of Object.entries(typed.prices)) {
    if (price !== base.prices[category]) merged.prices[category] = price;
  }
  return merged;
}

const SIMPLE = ["name", "hold_minutes", "seats_per_hold_max", "seats_per_person_max"] as const;
const OF_TIMES = ["times", "isSecond", "isPartial"] as const;
