/** What bookings are searched by; the service takes each exactly. */
export const KINDS = ["reference", "email", "seat"] as const;
export type Kind = (typeof KINDS)[number];
export type Search = Partial<Record<Kind, string>>;

/** Five and five; the places of a large area, such as `FLOOR-10234`, look the same. */
const REFERENCE = /^[0-9a-z]{5}-?[0-9a-z]{5}$/i;

/** Tells from the text itself what is looked for, so that there is one field. */
export function readSearch(typed: string, isSeat: (label: string) => boolean): Search {
  const text = typed.trim();
  if (text === "") return {};
  if (text.includes("@")) return { email: text };
  const label = [text, text.toUpperCase()].find(isSeat);
  if (label) return { seat: label };
  return REFERENCE.test(text) ? { reference: text } : { seat: text.toUpperCase() };
}

export function searchOf(query: string): { typed: string; booking: string | undefined } {
  const parameters = new URLSearchParams(query);
  return {
    typed: parameters.get("q") ?? "",
    booking: parameters.get("booking") ?? undefined,
  };
}

export function queryOf(typed: string, booking?: string): string {
  const parameters = new URLSearchParams();
  if (typed.trim()) parameters.set("q", typed.trim());
  if (booking) parameters.set("booking", booking);
  const text = parameters.toString();
  return text && `?${text}`;
}
