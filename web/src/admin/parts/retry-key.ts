import { ProblemError, type ProblemCode } from "../../api";

type Header = { "Idempotency-Key": string };

/** After these it may have happened, or the service has not looked at the name. */
const OPEN: ReadonlySet<ProblemCode | "offline"> = new Set([
  "offline",
  "unavailable",
  "internal",
  "outcome_unknown",
  "request_in_progress",
  "rate_limited",
  "unauthenticated",
] as const);

/**
 * Names for the requests of one verb, so that one that is sent again after its answer was lost
 * happens once. The same content has the same name until the service has said what became of it: a
 * refusal is kept under the name, too.
 */
export class RetryKey {
  #content: string | undefined;
  #key = "";

  /** @param work sends the content under the name that it is given. */
  async send<T>(content: unknown, work: (header: Header) => Promise<T>): Promise<T> {
    const key = this.#nameOf(content);
    try {
      const answer = await work({ "Idempotency-Key": key });
      this.#forget(key);
      return answer;
    } catch (cause) {
      if (isAnswer(cause)) this.#forget(key);
      throw cause;
    }
  }

  #nameOf(content: unknown): string {
    const text = JSON.stringify(content);
    if (text !== this.#content) {
      this.#content = text;
      this.#key = randomName();
    }
    return this.#key;
  }

  /** What comes next is meant anew, even if it looks the same. */
  #forget(key: string): void {
    if (this.#key === key) this.#content = undefined;
  }
}

/** Not what a proxy in between says, which has no problem. */
function isAnswer(cause: unknown): boolean {
  return cause instanceof ProblemError && cause.problem !== undefined && !OPEN.has(cause.code);
}

/** As `crypto.randomUUID`, which pages without https do not have. */
function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
