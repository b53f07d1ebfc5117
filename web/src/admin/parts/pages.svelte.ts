import { sentenceOf } from "../session/sentence";

export interface Page<T> {
  items: T[];
  next?: string | null | undefined;
}

/** A long list of which one page is shown, so that reading it again costs the same on every page. */
export class Pages<T> {
  items = $state.raw<T[]>([]);
  /** Whether there has been an answer; what is read again later does not show. */
  isLoaded = $state(false);
  hasNext = $state(false);
  failure = $state("");
  /** Which page is shown, from 1. */
  nth = $state(1);
  /** Where the pages up to the next one begin. */
  #cursors: (string | undefined)[] = [undefined];
  #turn = 0;

  constructor(private readonly read: (after: string | undefined) => Promise<Page<T>>) {}

  get hasBefore(): boolean {
    return this.nth > 1;
  }

  async first(): Promise<void> {
    await this.#load(1);
  }

  async next(): Promise<void> {
    await this.#load(this.nth + 1);
  }

  async back(): Promise<void> {
    await this.#load(Math.max(1, this.nth - 1));
  }

  /** Reads the page again that is shown; one that nothing is left of gives way to the one before. */
  async refresh(): Promise<void> {
    await this.#load(this.nth);
    if (this.items.length === 0 && this.hasBefore && !this.failure) await this.back();
  }

  async #load(nth: number): Promise<void> {
    const turn = ++this.#turn;
    try {
      const page = await this.read(this.#cursors[nth - 1]);
      if (turn !== this.#turn) return;
      this.items = page.items;
      this.nth = nth;
      this.hasNext = typeof page.next === "string";
      this.#cursors = [...this.#cursors.slice(0, nth), page.next ?? undefined];
      this.failure = "";
      this.isLoaded = true;
    } catch (cause) {
      if (turn === this.#turn) this.failure = sentenceOf(cause);
    }
  }
}
