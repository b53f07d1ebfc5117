/** A text that was typed and not saved, kept by the browser. */
export interface Draft {
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

  find(venue: string): Draft | undefined {
    try {
      return draftOf(this.storage().getItem(PREFIX + venue));
    } catch {
      return undefined;
    }
  }

  /** Answers whether the browser kept it: private windows and full stores do not. */
  keep(venue: string, draft: Draft): boolean {
    try {
      const storage = this.storage();
      this.#drop(
        storage,
        this.#venues(storage).filter((key) => key !== PREFIX + venue),
      );
      storage.setItem(PREFIX + venue, JSON.stringify(draft));
      return true;
    } catch {
      return false;
    }
  }

  forget(venue: string): void {
    try {
      this.storage().removeItem(PREFIX + venue);
    } catch {
      // What cannot be reached is not offered either.
    }
  }

  /** Drops all but the newest, so that one more fits. */
  #drop(storage: Storage, keys: string[]): void {
    const age = (key: string) => draftOf(storage.getItem(key))?.keptAt ?? 0;
    const newestFirst = keys.sort((a, b) => age(b) - age(a));
    for (const key of newestFirst.slice(DRAFTS_MAX - 1)) storage.removeItem(key);
  }

  #venues(storage: Storage): string[] {
    const keys = Array.from({ length: storage.length }, (_, nth) => storage.key(nth) ?? "");
    return keys.filter((key) => key.startsWith(PREFIX));
  }
}

function draftOf(stored: string | null): Draft | undefined {
  if (stored === null) return undefined;
  try {
    const draft = JSON.parse(stored) as Partial<Draft> | null;
    const { text, keptAt, version } = draft ?? {};
    const isWhole =
      typeof text === "string" && typeof keptAt === "number" && typeof version === "number";
    return isWhole ? { text, keptAt, version } : undefined;
  } catch {
    return undefined;
  }
}

export const drafts = new Drafts(() => localStorage);
