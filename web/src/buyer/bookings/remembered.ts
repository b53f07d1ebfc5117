import { readStored, writeStored } from "../storage";

/** What a booking can be looked up by when the guest that made it is no more. */
export interface Remembered {
  bookingId: string;
  reference: string;
  email: string;
}

const KEY = "holdfast.bookings";
const REMEMBERED_MAX = 50;

/** Newest first. */
export function remembered(): Remembered[] {
  const stored = readStored(KEY);
  return Array.isArray(stored) ? stored.filter(isRemembered) : [];
}

export function remember(booking: Remembered): void {
  const others = remembered().filter(({ bookingId }) => bookingId !== booking.bookingId);
  writeStored(KEY, [booking, ...others].slice(0, REMEMBERED_MAX));
}

function isRemembered(value: unknown): value is Remembered {
  const { bookingId, reference, email } = (value ?? {}) as Record<string, unknown>;
  return [bookingId, reference, email].every((text) => typeof text === "string" && text !== "");
}
