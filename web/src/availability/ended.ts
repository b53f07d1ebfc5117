import { FeedError } from "./feed-error";

/** Why an attempt to read the board ended, in words for people, and what that means for the next. */
export class Ended extends Error {
  constructor(
    message: string,
    readonly hints: {
      retryAfterSeconds?: number;
      isRefused?: boolean;
      isAtOnce?: boolean;
      isUnseen?: boolean;
    } = {},
  ) {
    super(message);
  }
}

export function silence(hints: Ended["hints"] = {}): Ended {
  return new Ended("The service has fallen silent.", hints);
}

export function unseen(): Ended {
  return new Ended("Nobody looks.", { isUnseen: true });
}

export function refusal(response: Response): Ended {
  const seconds = Number(response.headers.get("Retry-After") ?? 0);
  const retryAfterSeconds = Number.isFinite(seconds) ? seconds : 0;
  if (response.status === 429) {
    return new Ended("Too many seat maps are watched from here.", { retryAfterSeconds });
  }
  if (response.status >= 500) return new Ended("The service is busy.", { retryAfterSeconds });
  return new Ended("This event cannot be watched.", { retryAfterSeconds, isRefused: true });
}

export function toEnded(error: unknown): Ended {
  if (error instanceof Ended) return error;
  const ended = new Ended(
    error instanceof FeedError ? error.message : "There is no connection to the service.",
  );
  ended.cause = error;
  return ended;
}
