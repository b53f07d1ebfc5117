import { sentenceOf } from "../session/sentence";

interface Page<T> {
  items: T[];
  next?: string | null | undefined;
}

/** A list that is read page by page. */
export class Paging<T> {
  items = $state.raw<T[]>([]);
  isLoading = $state(true);
  hasMore = $state(false);
  failure = $state("");
  #next: string | undefined;
  #turn = 0;

  constructor(private readonly read: (after: string | undefined) => Promise<Page<T>>) {}

  /** From the first page; what is shown stays until the new page is there. */
  async restart(): Promise<void> {
    await this.#load(undefined);
  }

  async more(): Promise<void> {
    await this.#load(this.#next);
  }

  async #load(after: string | undefined): Promise<void> {
    const turn = ++this.#turn;
    this.isLoading = true;
    try {
      const page = await this.read(after);
      if (turn !== this.#turn) return;
      this.items = after ? [...this.items, ...page.items] : page.items;
      this.#next = page.next ?? undefined;
      this.hasMore = this.#next !== undefined;
      this.failure = "";
    } catch (cause) {
      if (turn === this.#turn) this.failure = sentenceOf(cause);
    } finally {
      if (turn === this.#turn) this.isLoading = false;
    }
  }
}
