import { dataOf, ProblemError, type components } from "../../api";
import { RetryKey } from "../parts/retry-key";
import { api } from "../session/session.svelte";
import { templateBody } from "./validation.svelte";

export type Stored = components["schemas"]["VenueVersion"];

const key = new RetryKey();

/** Sent again after a lost answer, it makes one venue. */
export function uploadVenue(text: string): Promise<Stored> {
  return key.send(text, (header) =>
    dataOf(api.POST("/v1/venues", { params: { header }, ...templateBody(text) })),
  );
}

/** `upon` is the tag of the version that was compared with: of a newer one nothing is replaced. */
export function storeNextVersion(venue_id: string, text: string, upon: string): Promise<Stored> {
  const params = { path: { venue_id }, header: { "If-Match": upon } };
  return dataOf(api.PUT("/v1/venues/{venue_id}/template", { params, ...templateBody(text) }));
}

/** Whether somebody else saved a version since the one that was compared with. */
export function isOvertaken(cause: unknown): boolean {
  return cause instanceof ProblemError && cause.code === "version_conflict";
}
