import type { ProblemError } from "../../api";
import type { Endpoint, EndpointTerms } from "./message-calls";

export interface EndpointMistakes {
  url?: string;
  description?: string;
  kinds?: string;
  /** What belongs to no field. */
  form?: string;
}

export function termsOf({ url, description, kinds }: Endpoint): EndpointTerms {
  return { url, description, kinds };
}

/** What can be said before the service is asked. */
export function readEndpoint(typed: EndpointTerms): {
  terms: EndpointTerms;
  mistakes: EndpointMistakes;
} {
  const url = typed.url.trim();
  const mistakes: EndpointMistakes = {};
  if (url === "") mistakes.url = "Please give the address that messages are sent to.";
  else if (!URL.canParse(url)) mistakes.url = "This is no address; it begins with https://.";
  if (typed.kinds.length === 0) mistakes.kinds = "Please choose at least one.";
  const terms = { url, description: typed.description.trim(), kinds: typed.kinds };
  return { terms, mistakes };
}

/** What the service found wrong. */
export function mistakesOf(problem: ProblemError): EndpointMistakes {
  const mistakes: EndpointMistakes = {};
  for (const [pointer, detail] of Object.entries(problem.mistakes)) {
    const field = fieldAt(pointer);
    mistakes[field] = field === "form" ? `${capitalized(detail)}.` : `It ${detail}.`;
  }
  return mistakes;
}

function fieldAt(pointer: string): keyof EndpointMistakes {
  if (pointer.startsWith("/kinds")) return "kinds";
  return pointer === "/url" || pointer === "/description"
    ? (pointer.slice(1) as "url" | "description")
    : "form";
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What differs, as a change is sent. */
export function changesBetween(before: EndpointTerms, after: EndpointTerms) {
  const sorted = (kinds: string[]) => [...kinds].sort().join(" ");
  return {
    ...(before.url !== after.url && { url: after.url }),
    ...(before.description !== after.description && { description: after.description }),
    ...(sorted(before.kinds) !== sorted(after.kinds) && { kinds: after.kinds }),
  };
}
