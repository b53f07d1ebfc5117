/**
 * Names for requests, so that one that is sent again after its answer was lost happens once. The
 * same content has the same name until it has succeeded.
 */
export class RetryKey {
  #content: string | undefined;
  #key = "";

  of(content: unknown): { "Idempotency-Key": string } {
    const text = JSON.stringify(content);
    if (text !== this.#content) {
      this.#content = text;
      this.#key = randomName();
    }
    return { "Idempotency-Key": this.#key };
  }

  /** What comes next is meant anew, even if it looks the same. */
  done(): void {
    this.#content = undefined;
  }
}

/** As `crypto.randomUUID`, which pages without https do not have. */
function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
