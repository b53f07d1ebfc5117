import { dataOf, type components } from "../../api";
import { api } from "../session/session.svelte";

export type EventLayout = components["schemas"]["EventLayout"];
export type Sales = components["schemas"]["Sales"];
export type SeatDetails = components["schemas"]["SeatDetails"];

export function findEventLayout(event_id: string): Promise<EventLayout> {
  return dataOf(api.GET("/v1/events/{event_id}/layout", { params: { path: { event_id } } }));
}

export function findSales(event_id: string): Promise<Sales> {
  return dataOf(api.GET("/v1/events/{event_id}/sales", { params: { path: { event_id } } }));
}

export function findSeat(
  event_id: string,
  seat: string,
  signal: AbortSignal,
): Promise<SeatDetails> {
  const params = { path: { event_id, seat } };
  return dataOf(api.GET("/v1/events/{event_id}/seats/{seat}", { params, signal }));
}
