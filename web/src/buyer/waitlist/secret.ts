import { readStored, watchStored, writeStored } from "../storage";

/** What this device knows of one's entry on an event's waitlist. */
export interface Kept {
  /** The entry's secret; without it, the entry is the guest's own and not verified yet. */
  token?: string;
  /** The secret of a link that was opened and not looked at yet. */
  link?: string;
}

const LINK = /^#waitlist=(.*)$/;

/**
 * The secret of a mail's link. It stands after the hash, which browsers send to nobody, and is taken
 * out of the address at once: neither the history nor a copied address has it any more.
 */
export function takeLink(): string | undefined {
  const found = LINK.exec(location.hash)?.[1];
  if (found === undefined) return undefined;
  history.replaceState(history.state, "", location.pathname + location.search);
  return found;
}

export const secrets = {
  read(eventId: string): Kept | undefined {
    return readKept(readStored(keyOf(eventId)));
  },
  write(eventId: string, kept: Kept | undefined): void {
    writeStored(keyOf(eventId), kept);
  },
  /** Tells what another tab has written. Answers how to stop. */
  watch(eventId: string, listener: () => void): () => void {
    return watchStored(keyOf(eventId), listener);
  },
};

function keyOf(eventId: string): string {
  return `holdfast.waitlist.${eventId}`;
}

/** What is stored may be mangled: parts that do not fit count as absent. */
export function readKept(stored: unknown): Kept | undefined {
  if (typeof stored !== "object" || stored === null) return undefined;
  const { token, link } = stored as Record<string, unknown>;
  return {
    ...(typeof token === "string" && token !== "" && { token }),
    ...(typeof link === "string" && { link }),
  };
}
