import { dataOf, type components } from "../../api";
import { RetryKey } from "../parts/retry-key";
import { api } from "../session/session.svelte";
import type { Search } from "./search";

export type Booking = components["schemas"]["Booking"];

export function findBookings(event_id: string, search: Search, after: string | undefined) {
  const query = { ...search, ...(after && { after }) };
  const params = { path: { event_id }, query };
  return dataOf(api.GET("/v1/events/{event_id}/bookings", { params }));
}

export function findBooking(booking_id: string): Promise<Booking> {
  return dataOf(api.GET("/v1/bookings/{booking_id}", { params: { path: { booking_id } } }));
}

const key = new RetryKey();

/** Without `seats`, the whole booking. Sent again after a lost answer, it happens once. */
export function cancelBooking(
  booking_id: string,
  { seats, reason }: { seats?: string[]; reason: string },
): Promise<Booking> {
  const body = { ...(seats && { seats }), ...(reason && { reason }) };
  const path = "/v1/bookings/{booking_id}/cancel";
  return key.send({ booking_id, body }, (header) =>
    dataOf(api.POST(path, { params: { path: { booking_id }, header }, body })),
  );
}
