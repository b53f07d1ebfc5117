import { dataOf, ProblemError } from "../../api";
import type { Booking } from "../holds/model";
import { isKnown, mine, open } from "../session";
import { remember, remembered } from "./remembered";

export interface Found {
  booking: Booking;
  /** Whether this device's guest made it: only then can it be cancelled from here. */
  isOwn: boolean;
}

/** A booking by its id: one's own, else by what this device remembers of it. */
export async function findBooking(bookingId: string): Promise<Found | undefined> {
  const own = isKnown() ? await orNothing(findOwn(bookingId)) : undefined;
  if (own) return kept({ booking: own, isOwn: true });
  const known = remembered().find((one) => one.bookingId === bookingId);
  if (!known) return undefined;
  const booking = await orNothing(lookUp(known.reference, known.email));
  return booking && { booking, isOwn: false };
}

/** By reference and mail address together. */
export function lookUp(reference: string, email: string): Promise<Booking> {
  const query = { reference: reference.trim(), email: email.trim() };
  return dataOf(open.GET("/v1/bookings/lookup", { params: { query } }));
}

/** What this device has booked, newest first, and the next page's cursor. */
export async function listOwn(after?: string): Promise<{ items: Booking[]; next?: string }> {
  if (!isKnown()) return { items: [] };
  const query = { limit: 20, ...(after && { after }) };
  const { items, next } = await dataOf(mine.GET("/v1/bookings", { params: { query } }));
  for (const booking of [...items].reverse()) kept({ booking, isOwn: true });
  return next ? { items, next } : { items };
}

export function kept(found: Found): Found {
  const { booking_id: bookingId, reference, contact } = found.booking;
  remember({ bookingId, reference, email: contact.email });
  return found;
}

function findOwn(bookingId: string): Promise<Booking> {
  const params = { path: { booking_id: bookingId } };
  return dataOf(mine.GET("/v1/bookings/{booking_id}", { params }));
}

async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const isMissing =
      error instanceof ProblemError &&
      (error.code === "not_found" || error.code === "malformed_request");
    if (isMissing) return undefined;
    throw error;
  }
}
