/** A text that was typed and not saved, kept by the browser. */
export interface Draft extends DraftText {
  /** Where it lies: a venue has as many places as texts that nobody has decided about. */
  place: string;
}

export interface DraftText {
  text: string;
  /** Milliseconds since 1970. */
  keptAt: number;
  /** The version that it was written upon; 0 for a new venue. */
  version: number;
}

const PREFIX = "holdfast-draft:";

/** Limit: the browser gives a site 5 MB; whoever leaves drafts behind loses the oldest. */
const DRAFTS_MAX = 8;

/** Drafts by venue; `new` stands for the one that is no venue yet. */
export class Drafts {
  constructor(private readonly storage: () => Storage) {}

  /** A venue's drafts, the newest first. */
  of(venue: string): Draft[] {
    try {
      const storage = this.storage();
      const found = placesOf(venue).flatMap((place) => {
        const text = textOf(storage.getItem(PREFIX + place));
        return text ? [{ ...text, place }] : [];
      });
      return found.sort((a, b) => b.keptAt - a.keptAt);
    } catch {
      return [];
    }
  }

  /** Where nothing lies yet; where something does everywhere, the place of the oldest. */
  placeFor(venue: string): string {
    const found = this.of(venue);
    const isFree = (place: string) => found.every((draft) => draft.place !== place);
    return placesOf(venue).find(isFree) ?? found.at(-1)?.place ?? venue;
  }

  /** Answers whether the browser kept it: private windows and full stores do not. */
  keep(place: string, draft: DraftText): boolean {
    try {
      const storage = this.storage();
      this.#drop(
        storage,
        this.#keys(storage).filter((key) => key !== PREFIX + place),
      );
      storage.setItem(PREFIX + place, JSON.stringify(draft));
      return true;
    } catch {
      return false;
    }
  }

  forget(place: string): void {
    try {
      this.storage().removeItem(PREFIX + place);
    } catch {
      // What cannot be reached is not offered either.
    }
  }

  /** Drops all but the newest, so that one more fits. */
  #drop(storage: Storage, keys: string[]): void {
    const age = (key: string) => textOf(storage.getItem(key))?.keptAt ?? 0;
    const newestFirst = keys.sort((a, b) => age(b) - age(a));
    for (const key of newestFirst.slice(DRAFTS_MAX - 1)) storage.removeItem(key);
  }

  #keys(storage: Storage): string[] {
    const keys = Array.from({ length: storage.length }, (_, nth) => storage.key(nth) ?? "");
    return keys.filter((key) => key.startsWith(PREFIX));
  }
}

function placesOf(venue: string): string[] {
  const others = Array.from({ length: DRAFTS_MAX - 1 }, (_, nth) => `${venue}:${nth + 2}`);
  return [venue, ...others];
}

function textOf(stored: string | null): DraftText | undefined {
  if (stored === null) return undefined;
  try {
    const draft = JSON.parse(stored) as Partial<DraftText> | null;
    const { text, keptAt, version } = draft ?? {};
    const isWhole =
      typeof text === "string" && typeof keptAt === "number" && typeof version === "number";
    return isWhole ? { text, keptAt, version } : undefined;
  } catch {
    return undefined;
  }
}

export const drafts = new Drafts(() => localStorage);
