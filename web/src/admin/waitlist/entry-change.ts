import type { ProblemError } from "../../api";

export interface ChangeMistakes {
  priority?: string;
  reason?: string;
}

const PRIORITY_MAX = 1000;

/** Reads what was typed to move or remove an entry. */
export function readChange(
  change: "move" | "remove",
  priority: string,
  reason: string,
): { priority: number; reason: string; mistakes: ChangeMistakes } {
  const mistakes: ChangeMistakes = {};
  // A minus sign is also typed as the longer one that texts have.
  const text = priority.trim().replace("−", "-");
  const value = /^[-+]?\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (change === "move" && !(Math.abs(value) <= PRIORITY_MAX)) {
    mistakes.priority = "Please give a whole number from -1000 to 1000.";
  }
  if (reason.trim() === "") mistakes.reason = "Please say why: the log keeps it.";
  return { priority: value, reason: reason.trim(), mistakes };
}

/** What the service found wrong with them. */
export function mistakesOf(problem: ProblemError): ChangeMistakes {
  const { mistakes } = problem;
  return {
    ...(mistakes["/priority"] && { priority: `It ${mistakes["/priority"]}.` }),
    ...(mistakes["/reason"] && { reason: `It ${mistakes["/reason"]}.` }),
  };
}
