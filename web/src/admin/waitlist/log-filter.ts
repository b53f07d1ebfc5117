import type { Decision } from "./waitlist-calls";
import { DECISIONS } from "./words";

export interface LogFilter {
  entry_id?: string;
  kind?: string;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What an address asks for; what nobody can mean is left out. */
export function filterOf(query: string): LogFilter {
  const parameters = new URLSearchParams(query);
  const [entry, kind] = [parameters.get("entry") ?? "", parameters.get("kind") ?? ""];
  return {
    ...(ID.test(entry) && { entry_id: entry }),
    ...(Object.hasOwn(DECISIONS, kind) && { kind }),
  };
}

export function logQueryOf({ entry_id, kind }: LogFilter): string {
  const parameters = new URLSearchParams();
  if (entry_id) parameters.set("entry", entry_id);
  if (kind) parameters.set("kind", kind);
  const text = parameters.toString();
  return text && `?${text}`;
}

/** Decisions with names for them, which stay when newer ones come before them. */
export function keyed(decisions: Decision[]): { decision: Decision; key: string }[] {
  const seen = new Map<string, number>();
  const oldestFirst = [...decisions].reverse().map((decision) => {
    const { at, kind, entry_id, seats } = decision;
    const name = [at, kind, entry_id ?? "", ...seats].join(" ");
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    return { decision, key: `${name} ${nth}` };
  });
  return oldestFirst.reverse();
}
