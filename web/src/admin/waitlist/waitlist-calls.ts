import { dataOf, type components } from "../../api";
import { RetryKey } from "../parts/retry-key";
import { api } from "../session/session.svelte";
import type { EntrySearch } from "./entry-search";

type Schemas = components["schemas"];
export type Entry = Schemas["QueuedEntry"];
export type EntryState = Schemas["WaitlistEntryState"];
export type Totals = Schemas["WaitlistTotals"];
export type Decision = Schemas["WaitlistDecision"];
export type Terms = Omit<Schemas["WaitlistTerms"], "version">;
export type Waitlist = Schemas["Waitlist"];
export type WaitlistSeats = Schemas["WaitlistSeats"];

export function findQueue(event_id: string, search: EntrySearch, after: string | undefined) {
  const query = { ...search, ...(after && { after }) };
  const params = { path: { event_id }, query };
  return dataOf(api.GET("/v1/events/{event_id}/waitlist", { params }));
}

/** An entry as it is now; a mail address has one live entry, but may have had many. */
export async function findEntry({ event_id, entry_id, contact, state }: Entry) {
  const { email } = contact;
  for (const search of [{ email, state }, { email }]) {
    const { items } = await findQueue(event_id, search, undefined);
    const found = items.find((entry) => entry.entry_id === entry_id);
    if (found) return found;
  }
  return undefined;
}

export function findLog(
  event_id: string,
  filter: { entry_id?: string; kind?: string },
  after: string | undefined,
) {
  const query = { ...filter, ...(after && { after }) };
  const params = { path: { event_id }, query };
  return dataOf(api.GET("/v1/events/{event_id}/waitlist/log", { params }));
}

export function findWaitlistSeats(event_id: string): Promise<WaitlistSeats> {
  const params = { path: { event_id } };
  return dataOf(api.GET("/v1/events/{event_id}/waitlist/seats", { params }));
}

export function findTerms(event_id: string): Promise<Waitlist> {
  const params = { path: { event_id } };
  return dataOf(api.GET("/v1/events/{event_id}/waitlist/terms", { params }));
}

/** Replaces the terms of that version, if they are not of another one by now. */
export function putTerms(event_id: string, version: number, terms: Terms): Promise<Waitlist> {
  const params = { path: { event_id } };
  const body = { ...terms, version };
  return dataOf(api.PUT("/v1/events/{event_id}/waitlist/terms", { params, body }));
}

const keys = { move: new RetryKey(), remove: new RetryKey() };

/** Sent again after a lost answer, it happens, and is logged, once. */
export function moveEntry(
  { event_id, entry_id, version }: Entry,
  to: Omit<Schemas["MoveEntry"], "version">,
): Promise<Entry> {
  const body = { ...to, version };
  const path = "/v1/events/{event_id}/waitlist/entries/{entry_id}/move";
  return keys.move.send({ entry_id, body }, (header) =>
    dataOf(api.POST(path, { params: { path: { event_id, entry_id }, header }, body })),
  );
}

export function removeEntry(
  { event_id, entry_id, version }: Entry,
  reason: string,
): Promise<Entry> {
  const body = { reason, version };
  const path = "/v1/events/{event_id}/waitlist/entries/{entry_id}/remove";
  return keys.remove.send({ entry_id, body }, (header) =>
    dataOf(api.POST(path, { params: { path: { event_id, entry_id }, header }, body })),
  );
}
