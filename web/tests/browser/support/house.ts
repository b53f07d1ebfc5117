import { inject } from "vitest";
import { type Api, connect, dataOf, type components } from "../../../src/api";
import { ADMIN_EMAIL, ADMIN_PASSWORD } from "./settings";

type CreateEvent = components["schemas"]["CreateEvent"];

/** An event in a house of rows A, B, … and seats S-A-1, S-A-2, …; its owner's client. */
export interface House {
  eventId: string;
  venueId: string;
  owner: Api;
}

let nHouses = 0;

/** Puts a small house on sale: one category, 49.50 EUR a seat. */
export async function onSale(
  nRows = 4,
  nSeats = 10,
  settings: Partial<CreateEvent> = {},
): Promise<House> {
  const house = await draft(nRows, nSeats, settings);
  const path = { event_id: house.eventId };
  await house.owner.POST("/v1/events/{event_id}/open", { params: { path } });
  return house;
}

export async function draft(
  nRows: number,
  nSeats: number,
  settings: Partial<CreateEvent> = {},
): Promise<House> {
  const owner = await admin();
  return draftIn(owner, await venue(owner, template(nRows, nSeats)), settings);
}

async function draftIn(
  owner: Api,
  venueId: string,
  settings: Partial<CreateEvent>,
): Promise<House> {
  const event = await dataOf(
    owner.POST("/v1/events", {
      body: {
        venue_id: venueId,
        name: "An evening of trios",
        starts_at: new Date(Date.now() + 90 * 86_400_000).toISOString(),
        currency: "EUR",
        prices: [{ category: "standard", amount: "49.50" }],
        hold_ttl_seconds: 600,
        ...settings,
      } as CreateEvent,
    }),
  );
  return { eventId: event.event_id, venueId, owner };
}

/** A client of the administrator, who may do what every venue admin may. */
export async function admin(origin = inject("origin")): Promise<Api> {
  const body = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
  const session = await dataOf(connect(undefined, origin).POST("/v1/sessions", { body }));
  return connect({ token: async () => session.token }, origin);
}

/** A client of a new guest. */
export async function guest(origin = inject("origin")): Promise<Api> {
  const session = await dataOf(connect(undefined, origin).POST("/v1/guests"));
  return connect({ token: async () => session.token }, origin);
}

export async function venue(owner: Api, template: object): Promise<string> {
  const made = await dataOf(owner.POST("/v1/venues", { body: template as Record<string, never> }));
  return made.venue_id;
}

/** A template that any number of venues can be made of: each has a name of its own. */
export function template(nRows: number, nSeats: number): object {
  nHouses += 1;
  const last = String.fromCharCode("A".charCodeAt(0) + nRows - 1);
  return {
    format_version: 1,
    name: `Test house ${process.pid}-${nHouses}`,
    time_zone: "Europe/Berlin",
    focal_point: [0, 0],
    categories: [{ key: "standard", name: "Standard", colour: "#0072b2" }],
    figures: [{ kind: "stage", name: "Stage", at: [0, -1.5], rectangle: [8, 3] }],
    sections: [
      {
        key: "S",
        name: "Stalls",
        at: [0, 3],
        rows: [{ labels: `A-${last}`, seats: nSeats, category: "standard" }],
      },
    ],
  };
}

/** Puts a built-in house on sale. The first category costs 90 EUR, each further one 15 less. */
export async function onSaleIn(
  name: string,
  settings: Partial<CreateEvent> = {},
  origin = inject("origin"),
): Promise<House> {
  const owner = await admin(origin);
  const { items } = await dataOf(owner.GET("/v1/venues", { params: { query: { limit: 200 } } }));
  const found = items.find((venue) => venue.name === name);
  if (!found) throw new Error(`there is no venue ${name}`);
  const params = { path: { venue_id: found.venue_id } };
  const layout = await dataOf(owner.GET("/v1/venues/{venue_id}/layout", { params }));
  const prices = layout.categories.map(({ key }, nth) => ({
    category: key,
    amount: `${Math.max(15, 90 - 15 * nth)}.00`,
  }));
  const house = await draftIn(owner, found.venue_id, { prices, ...settings });
  const path = { event_id: house.eventId };
  await owner.POST("/v1/events/{event_id}/open", { params: { path } });
  return house;
}
