import { ProblemError } from "../../api";
import type { Conflict } from "./model";
import type { Step } from "./steps";

/** A fault of the page itself is no reason to stand still: it is treated as one of the service. */
export function problemOf(error: unknown): ProblemError {
  return error instanceof ProblemError ? error : new ProblemError("internal");
}

const TEMPORARY: ReadonlySet<ProblemError["code"]> = new Set([
  "offline",
  "unavailable",
  "internal",
  "outcome_unknown",
  "rate_limited",
  "request_in_progress",
  "hold_confirming",
] as const);

/** Whether the same again may succeed: what was asked for may have happened, or will. */
export function isTemporary(problem: ProblemError): boolean {
  return TEMPORARY.has(problem.code);
}

const WAIT_FIRST_MS = 1_000;
const WAIT_MAX_MS = 15_000;
const WAIT_ASKED_MAX_MS = 60_000;

/** As long as the service says, else ever longer. */
export function waitBefore(failures: number, problem: ProblemError): number {
  const asked = problem.retryAfterSeconds;
  if (asked !== undefined && asked > 0) return Math.min(asked * 1000, WAIT_ASKED_MAX_MS);
  return Math.min(WAIT_FIRST_MS * 2 ** Math.max(0, failures - 1), WAIT_MAX_MS);
}

/** What follows from a request that failed. */
export type Remedy =
  /** The same again in a while: whether it happened may be unknown. */
  | { do: "repeat" }
  /** Go on without these seats. */
  | { do: "without"; conflicts: Conflict[] }
  /** Ask how the hold stands. */
  | { do: "look" }
  /** The service knows no such hold: it may have lost it. */
  | { do: "restore" }
  | { do: "mistakes" }
  | { do: "cap" }
  | { do: "end"; as: "expired" | "lost" | "elsewhere"; conflicts?: Conflict[] }
  /** Give the wish up and say why. */
  | { do: "refuse" };

export function remedyFor(step: Step["do"], problem: ProblemError): Remedy {
  if (isTemporary(problem)) return { do: "repeat" };
  const conflicts = problem.member<Conflict[]>("conflicts") ?? [];
  switch (problem.code) {
    case "seats_unavailable":
      return step === "confirm"
        ? { do: "end", as: "lost", conflicts }
        : { do: "without", conflicts };
    case "hold_expired":
      return { do: "end", as: "expired" };
    case "hold_released":
      return { do: "end", as: "elsewhere" };
    case "hold_confirmed":
      return { do: "look" };
    case "hold_cannot_be_extended":
      return { do: "cap" };
    case "not_found":
      return step === "place" ? { do: "refuse" } : { do: "restore" };
    case "validation_failed":
      return step === "confirm" ? confirmRemedy(problem) : { do: "refuse" };
    default:
      return step === "find" ? { do: "end", as: "lost" } : { do: "refuse" };
  }
}

function confirmRemedy({ mistakes }: ProblemError): Remedy {
  return "/hold_token" in mistakes ? { do: "restore" } : { do: "mistakes" };
}
