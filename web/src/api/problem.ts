import type { components } from "./schema";

/** The members that every problem has; those of single codes are read with `member`. */
export type Problem = components["schemas"]["Problem"];
export type ProblemCode = Problem["code"];

/** A request that did not do what was asked. `sentence` is for people. */
export class ProblemError extends Error {
  constructor(
    readonly code: ProblemCode | "offline",
    readonly problem?: Problem,
    readonly retryAfterSeconds?: number,
  ) {
    super(problem?.detail ?? code);
    this.name = "ProblemError";
  }

  get sentence(): string {
    return SENTENCES[this.code] ?? this.problem?.detail ?? "That did not work. Please try again.";
  }

  /** A member that only some codes have, such as `conflicts`. */
  member<T>(name: string): T | undefined {
    return this.problem?.[name] as T | undefined;
  }

  /** Mistakes by JSON pointer, such as `/contact/email`. */
  get mistakes(): Record<string, string> {
    const errors = this.member<components["schemas"]["FieldError"][]>("errors") ?? [];
    return Object.fromEntries(errors.map(({ pointer, detail }) => [pointer, detail]));
  }
}

/** What is said where the service's own words are for programmers. Pages that know more say more. */
const SENTENCES: Partial<Record<ProblemCode | "offline", string>> = {
  offline: "There is no connection at the moment. What you hold stays held until its time is up.",
  unauthenticated: "You have been signed out. Please sign in again.",
  bad_credentials: "That mail address and password do not belong together.",
  forbidden: "Your account may not do that.",
  not_found: "That does not exist, or it is not yours.",
  seats_unavailable: "Somebody was faster: not all of these seats are free any more.",
  hold_expired: "The time for these seats is over. They have gone back on sale.",
  hold_released: "These seats were given back already.",
  hold_confirming: "Your booking is just being made. Please wait a moment.",
  hold_cannot_be_extended: "These seats cannot be kept any longer.",
  event_not_on_sale: "This event is not on sale at the moment.",
  version_conflict: "Somebody else has changed this in the meantime. Please look again.",
  request_in_progress: "This is being done already. Please wait a moment.",
  rate_limited: "That was a little fast. Please wait a moment and try again.",
  outcome_unknown: "We do not know yet whether that went through. Trying again is safe.",
  unavailable: "The service is busy or being mended. Please try again in a moment.",
  internal: "Something went wrong on our side. It has been noted.",
};
