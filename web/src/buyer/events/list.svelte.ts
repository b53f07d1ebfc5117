import { ProblemError, type components } from "../../api";
import { open } from "../session";

export type ListedEvent = components["schemas"]["EventWithSeats"];

const PAGE_ITEMS = 20;

/** Events page by page; a newer search overtakes an older one. */
export class EventList {
  items = $state.raw<ListedEvent[]>([]);
  isLoading = $state(false);
  hasMore = $state(false);
  sentence = $state("");
  /** When the newest page was read, by the service's clock. */
  readAt = $state(Date.now());
  #q = "";
  #next: string | undefined;
  /** Where the newest load began: at the top, or after a page. */
  #after: string | undefined;
  #turn = 0;

  async search(q: string): Promise<void> {
    this.#q = q;
    await this.#load(undefined);
  }

  async more(): Promise<void> {
    await this.#load(this.#next);
  }

  async retry(): Promise<void> {
    await this.#load(this.#after);
  }

  async #load(after: string | undefined): Promise<void> {
    const turn = (this.#turn += 1);
    this.#after = after;
    this.isLoading = true;
    this.sentence = "";
    try {
      const query = { limit: PAGE_ITEMS, ...(this.#q && { q: this.#q }), ...(after && { after }) };
      const { data: page, response } = await open.GET("/v1/events", { params: { query } });
      if (turn !== this.#turn || !page) return;
      this.readAt = Date.parse(response.headers.get("Date") ?? "") || Date.now();
      this.items = after ? [...this.items, ...page.items] : page.items;
      this.#next = page.next ?? undefined;
      this.hasMore = this.#next !== undefined;
    } catch (error) {
      if (turn === this.#turn) this.sentence = sentenceFor(error);
    } finally {
      if (turn === this.#turn) this.isLoading = false;
    }
  }
}

function sentenceFor(error: unknown): string {
  const problem = error instanceof ProblemError ? error : new ProblemError("internal");
  if (problem.code === "offline") return "The events cannot be read: there is no connection.";
  return problem.sentence;
}
