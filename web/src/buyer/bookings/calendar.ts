import { ProblemError } from "../../api";
import type { Booking } from "../holds/model";
import { guests } from "../session";

/** Hands the browser a file for the reader's calendar. It needs a token, so no link will do. */
export async function saveCalendar(booking: Booking): Promise<void> {
  const url = URL.createObjectURL(await read(booking.booking_id));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${booking.reference}.ics`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

async function read(bookingId: string): Promise<Blob> {
  const token = await guests.token();
  const response = await fetch(`/v1/bookings/${encodeURIComponent(bookingId)}/calendar`, {
    headers: { Authorization: `Bearer ${token}` },
  }).catch(() => {
    throw new ProblemError("offline");
  });
  if (!response.ok) throw new ProblemError(response.status === 404 ? "not_found" : "unavailable");
  return response.blob();
}
