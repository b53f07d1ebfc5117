import { drafts, type Draft } from "./drafts";

const QUIET_MS = 500;

/** The text in the editor, whether it is saved, and the draft that outlives the page. */
export class DraftKeeper {
  isUnsaved = $state(false);
  isKept = $state(true);
  /** What was typed here before and never saved. */
  offer = $state.raw<Draft>();
  #text: string;
  #saved: string;
  #version = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param isOther whether the first text is new itself, such as a file's. */
  constructor(
    private readonly venue: string,
    first: string,
    isOther: boolean,
  ) {
    this.#text = first;
    this.#saved = isOther ? "" : first;
    const draft = drafts.find(venue);
    if (draft && draft.text !== first) this.offer = draft;
    if (!isOther) return;
    // A file's text is nowhere else once the page is loaded anew.
    this.isUnsaved = true;
    this.isKept = drafts.keep(venue, { text: first, keptAt: Date.now(), version: 0 });
  }

  get text(): string {
    return this.#text;
  }

  change(text: string, version: number): void {
    this.#text = text;
    this.#version = version;
    this.isUnsaved = text !== this.#saved;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), QUIET_MS);
  }

  /** Keeps at once what would be kept in a moment. */
  flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.isUnsaved) {
      if (!this.offer) drafts.forget(this.venue);
      return;
    }
    const draft = { text: this.#text, keptAt: Date.now(), version: this.#version };
    this.isKept = drafts.keep(this.venue, draft);
  }

  /** What is typed from now on is compared with this. */
  saved(text: string): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saved = text;
    this.isUnsaved = this.#text !== text;
    this.isKept = true;
    this.offer = undefined;
    drafts.forget(this.venue);
  }

  takeOffer(): string {
    const text = this.offer?.text ?? this.#text;
    this.offer = undefined;
    return text;
  }

  dropOffer(): void {
    this.offer = undefined;
    if (!this.isUnsaved) drafts.forget(this.venue);
  }
}
