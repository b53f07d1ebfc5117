import { dataOf, type components } from "../../api";
import { api } from "../session/session.svelte";

export type EventLayout = components["schemas"]["EventLayout"];

export function findEventLayout(event_id: string): Promise<EventLayout> {
  return dataOf(api.GET("/v1/events/{event_id}/layout", { params: { path: { event_id } } }));
}

export interface Sales {
  currency: string;
  seats_booked: number;
  revenue: string;
  refunded: string;
  categories: {
    category: string;
    name: string;
    total: number;
    free: number;
    held: number;
    booked: number;
    blocked: number;
    revenue: string;
  }[];
  bucket_seconds: number;
  series: { at: string; booked: number; cancelled: number; revenue: string }[];
}
export interface SeatView {
  seat: string;
  section: string;
  row: string;
  number: string;
  category: string;
  price: string;
  currency: string;
  state: "free" | "held" | "confirming" | "booked" | "blocked" | "kept";
  hold: {
    hold_id: string;
    holder: string;
    holder_kind: "guest" | "account";
    holder_email?: string;
    placed_at: string;
    expires_at: string;
    expires_in_seconds: number;
  } | null;
  booking: {
    booking_id: string;
    reference: string;
    contact: { name: string; email: string };
    confirmed_at: string;
  } | null;
  block: { reason: string; blocked_at: string } | null;
}

export function findSales(event_id: string): Promise<Sales> {
  return dataOf(
    api.GET("/v1/events/{event_id}/sales" as never, { params: { path: { event_id } } } as never),
  ) as Promise<Sales>;
}

export function findSeat(event_id: string, seat: string, signal: AbortSignal): Promise<SeatView> {
  const params = { path: { event_id, seat } };
  return dataOf(
    api.GET("/v1/events/{event_id}/seats/{seat}" as never, { params, signal } as never),
  ) as Promise<SeatView>;
}
