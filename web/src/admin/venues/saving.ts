import { dataOf, type components } from "../../api";
import { api } from "../session/session.svelte";
import { templateBody } from "./validation.svelte";

export type Stored = components["schemas"]["VenueVersion"];

export function uploadVenue(text: string): Promise<Stored> {
  return dataOf(api.POST("/v1/venues", templateBody(text)));
}

export function storeNextVersion(venue_id: string, text: string): Promise<Stored> {
  const params = { path: { venue_id } };
  return dataOf(api.PUT("/v1/venues/{venue_id}/template", { params, ...templateBody(text) }));
}
