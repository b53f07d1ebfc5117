import { money, moment } from "../parts/format";
import type { Event } from "./event-form";

export interface Change {
  name: string;
  before: string;
  after: string;
}

/** What somebody else changed, for people. */
export function changesOf(before: Event, after: Event): Change[] {
  const old = new Map(said(before));
  return said(after).flatMap(([name, text]) => {
    const was = old.get(name) ?? "—";
    return was === text ? [] : [{ name, before: was, after: text }];
  });
}

function said(event: Event): [name: string, text: string][] {
  const zone = event.venue.time_zone;
  const at = (time: string | null, otherwise: string) => (time ? moment(time, zone) : otherwise);
  return [
    ["Name", event.name],
    ["Starts", moment(event.starts_at, zone)],
    ["Sale begins", at(event.sales_open_at, "when it is opened")],
    ["Sale ends", at(event.sales_close_at, "when it starts")],
    ["Seats are held for", `${event.hold_ttl_seconds / 60} minutes`],
    ["Seats per hold", String(event.seats_per_hold_max)],
    ["Seats per person", String(event.seats_per_person_max)],
    ["State", STATES[event.state]],
    ...event.prices.map(({ name, amount }): [string, string] => [
      `Price of ${name}`,
      money(amount, event.currency),
    ]),
  ];
}

export const STATES: Record<Event["state"], string> = {
  draft: "Draft",
  on_sale: "On sale",
  paused: "Paused",
  closed: "Closed",
  cancelled: "Cancelled",
};
