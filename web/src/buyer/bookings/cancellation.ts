import { dataOf, ProblemError } from "../../api";
import type { Booking } from "../holds/model";
import { mine } from "../session";
import { newKey } from "../storage";

/**
 * One wish to cancel. It keeps its key until it is answered: repeated after an answer was lost, it
 * is the same cancellation.
 */
export class Cancellation {
  readonly #key = newKey();

  constructor(
    private readonly bookingId: string,
    /** Labels; all seats where there are none. */
    private readonly seats: string[] | undefined,
  ) {}

  send(): Promise<Booking> {
    return dataOf(
      mine.POST("/v1/bookings/{booking_id}/cancel", {
        params: {
          path: { booking_id: this.bookingId },
          header: { "Idempotency-Key": this.#key },
        },
        body: this.seats ? { seats: this.seats } : {},
      }),
    );
  }
}

/** Why it did not work, for people. */
export function cancelSentence(error: unknown): string {
  const problem = error instanceof ProblemError ? error : new ProblemError("internal");
  if (problem.code === "booking_not_cancellable") {
    return "Bookings can be cancelled until sales close, and that time is over.";
  }
  if (problem.code === "offline" || problem.code === "outcome_unknown") {
    return "It is not known yet whether that went through. Trying again is safe: nothing is cancelled twice.";
  }
  if (problem.code === "not_found" || problem.code === "unauthenticated") {
    return "This booking can only be cancelled on the device that made it, or by the venue.";
  }
  return problem.sentence;
}
