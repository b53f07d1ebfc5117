import { dataOf } from "../../api";
import type { Booking } from "../holds/model";
import { mine } from "../session";

/** Long enough for a browser to begin a download. */
const KEPT_MS = 10_000;

/** Hands the browser a file for the reader's calendar. It needs a token, so no link will do. */
export async function saveCalendar(booking: Booking): Promise<void> {
  const url = URL.createObjectURL(await read(booking.booking_id));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${booking.reference}.ics`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

async function read(bookingId: string): Promise<Blob> {
  const params = { path: { booking_id: bookingId } };
  return dataOf<Blob>(mine.GET("/v1/bookings/{booking_id}/calendar", { params, parseAs: "blob" }));
}
