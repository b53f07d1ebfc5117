import { dataOf, type components } from "../../api";
import { api } from "../session/session.svelte";

export type Venue = components["schemas"]["VenueSummary"];

/** Limit: pages of 200; nobody chooses from a list of more. */
const PAGES_MAX = 10;

export interface Venues {
  own: Venue[];
  builtIn: Venue[];
}

/** The venues that an event can be made in. */
export async function findVenues(): Promise<Venues> {
  const [own, builtIn] = await Promise.all([allOf({ mine: true }), allOf({ built_in: true })]);
  return { own, builtIn };
}

async function allOf(which: { mine: true } | { built_in: true }): Promise<Venue[]> {
  const venues: Venue[] = [];
  let after: string | undefined;
  for (let nth = 0; nth < PAGES_MAX; nth += 1) {
    const query = { ...which, limit: 200, ...(after && { after }) };
    const page = await dataOf(api.GET("/v1/venues", { params: { query } }));
    venues.push(...page.items);
    if (!page.next) break;
    after = page.next;
  }
  return venues;
}

/** The categories of a venue, as priced: with how many seats each has. */
export async function categoriesOf({ venue_id, version }: Venue) {
  const params = { path: { venue_id }, query: { version } };
  const layout = await dataOf(api.GET("/v1/venues/{venue_id}/layout", { params }));
  const seatCounts = new Map<string, number>();
  for (const section of layout.sections) {
    for (const row of section.rows) {
      for (const { category } of row.seats) {
        seatCounts.set(category, (seatCounts.get(category) ?? 0) + 1);
      }
    }
  }
  return layout.categories.map((category) => {
    return { ...category, seatCount: seatCounts.get(category.key) ?? 0 };
  });
}
