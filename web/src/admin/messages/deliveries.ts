import { counted } from "../parts/format";
import type { Delivery } from "./message-calls";

export type Look = "sent" | "waits" | "failed" | "dead" | "dropped";

/** How a delivery stands, in a word or two. */
export function standing({ state, n_attempts }: Delivery): { look: Look; words: string } {
  switch (state) {
    case "sent":
      return { look: "sent", words: "Sent" };
    case "dead":
      return { look: "dead", words: "Given up" };
    case "dropped":
      return { look: "dropped", words: "Not sent" };
    case "due":
      return n_attempts === 0
        ? { look: "waits", words: "To be sent" }
        : { look: "failed", words: "Trying again" };
    default:
      return { look: "waits", words: state };
  }
}

export function attemptsInWords({ n_attempts }: Delivery): string {
  return n_attempts === 0 ? "no attempt yet" : counted(n_attempts, "attempt");
}

/** What is on its way already is not sent again. */
export function canBeSentAgain({ state }: Delivery): boolean {
  return state !== "due";
}
