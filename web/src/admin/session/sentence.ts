import { ProblemError } from "../../api";

/** A failure whose message is a sentence for people. */
export class Said extends Error {}

/** What the pages say of a failure, whatever it was. */
export function sentenceOf(cause: unknown): string {
  if (cause instanceof ProblemError) return OWN[cause.code] ?? cause.sentence;
  if (cause instanceof Said) return cause.message;
  return "Something went wrong on this page. Load it anew; what you typed in the editor is kept.";
}

/** Where the buyers' sentence would be odd for somebody who runs a house. */
const OWN: Partial<Record<ProblemError["code"], string>> = {
  offline: "There is no connection to the service. Nothing is lost; try again in a moment.",
  payload_too_large: "That is larger than the service takes.",
};

export function isAbort(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "AbortError";
}
