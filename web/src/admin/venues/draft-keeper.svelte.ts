import { drafts, type Draft, type Drafts } from "./drafts";

const QUIET_MS = 500;

/** The text in the editor, whether it is saved, and the draft that outlives the page. */
export class DraftKeeper {
  isUnsaved = $state(false);
  isKept = $state(true);
  /** What was typed here before and never saved; it stays where it is until it is taken or dropped. */
  offers = $state.raw<Draft[]>([]);
  #text: string;
  #saved: string;
  #version = 0;
  #place: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param isOther whether the first text is nowhere else, such as a file's. */
  constructor(
    private readonly venue: string,
    first: string,
    isOther: boolean,
    private readonly store: Drafts = drafts,
  ) {
    this.#text = first;
    this.#saved = isOther ? "" : first;
    const found = store.of(venue);
    this.offers = found.filter(({ text }) => text !== first);
    this.#place = found.find(({ text }) => text === first)?.place;
    if (!isOther) return;
    this.isUnsaved = true;
    this.#keep();
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
    this.#stop();
    if (this.isUnsaved) this.#keep();
    else this.#forget();
  }

  /** What is typed from now on is compared with this. */
  saved(text: string): void {
    this.#stop();
    this.#saved = text;
    this.isUnsaved = this.#text !== text;
    this.isKept = true;
    if (this.isUnsaved) this.#keep();
    else this.#forget();
    for (const offer of this.offers.filter((offer) => offer.text === text)) this.drop(offer);
  }

  /** The text goes on where it was kept; what is in the editor is kept no more. */
  take(offer: Draft): string {
    this.#stop();
    this.#forget();
    this.#place = offer.place;
    this.offers = this.offers.filter((other) => other !== offer);
    return offer.text;
  }

  drop(offer: Draft): void {
    this.offers = this.offers.filter((other) => other !== offer);
    this.store.forget(offer.place);
  }

  #keep(): void {
    this.#place ??= this.store.placeFor(this.venue);
    const draft = { text: this.#text, keptAt: Date.now(), version: this.#version };
    this.isKept = this.store.keep(this.#place, draft);
  }

  #forget(): void {
    if (this.#place !== undefined) this.store.forget(this.#place);
    this.#place = undefined;
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
