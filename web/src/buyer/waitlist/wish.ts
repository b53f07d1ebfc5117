import type { Plan } from "../../seat-map";
import type { SoldEvent } from "../event/sale-state";
import type { Contact } from "../holds/model";
import type { Terms, Wish } from "./entry";

/** What is filled in. */
export interface WishForm {
  quantity: number;
  isTogether: boolean;
  /** Keys; none chosen means any. */
  sections: string[];
  categories: string[];
  /** An amount, or nothing for any. */
  priceMax: string;
}

/** As many as one person may wait for, and may have. */
export function quantityMax(terms: Terms, event: SoldEvent): number {
  return Math.max(1, Math.min(terms.quantity_max, event.seats_per_person_max));
}

/** The prices that there are, the highest first: a ceiling in between would say nothing else. */
export function ceilings(plan: Plan | undefined): string[] {
  const prices = plan?.categories.flatMap(({ price }) => price ?? []) ?? [];
  return [...new Set(prices)].sort((one, other) => Number(other) - Number(one));
}

export function wishOf(form: WishForm, plan: Plan | undefined, contact: Contact): Wish {
  const some = (chosen: string[], n: number | undefined) =>
    chosen.length > 0 && chosen.length !== n ? chosen : undefined;
  const sections = some(form.sections, plan?.sections.length);
  const categories = some(form.categories, plan?.categories.length);
  return {
    quantity: form.quantity,
    together: form.quantity === 1 || form.isTogether,
    ...(sections && { sections }),
    ...(categories && { categories }),
    ...(form.priceMax && { price_max: form.priceMax }),
    contact: { name: contact.name.trim(), email: contact.email.trim() },
  };
}

/** The service's complaint about the wish, for people; about the contact, nothing. */
export function wishMistake(mistakes: Record<string, string>): string | undefined {
  const pointers = Object.keys(mistakes);
  if (mistakes["/quantity"]?.includes("house")) {
    return "The house has not that many seats like these. Please ask for fewer, or for more kinds.";
  }
  if (pointers.includes("/quantity")) return `The number of seats ${mistakes["/quantity"]}.`;
  const isMany = pointers.includes("/sections") || pointers.includes("/categories");
  if (isMany) return "Please choose at most 100 of them, or none for any.";
  const isStale = pointers.some((pointer) => /^\/(sections|categories|price_max)/.test(pointer));
  return isStale ? "The house has changed meanwhile. Please load this page anew." : undefined;
}
