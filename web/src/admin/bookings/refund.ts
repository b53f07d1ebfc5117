import type { Booking } from "./booking-calls";

/** The seats that can still be cancelled. */
export function liveSeats(booking: Booking) {
  return booking.seats.filter(({ is_cancelled }) => !is_cancelled);
}

/** What cancelling these seats gives back; exact, since amounts have a few decimal places. */
export function refundOf(booking: Booking, labels: ReadonlySet<string>): string {
  const prices = liveSeats(booking).filter(({ seat }) => labels.has(seat));
  const places = Math.max(0, ...prices.map(({ price }) => price.split(".")[1]?.length ?? 0));
  const minor = prices.reduce((sum, { price }) => sum + toMinor(price, places), 0n);
  const digits = minor.toString().padStart(places + 1, "0");
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function toMinor(amount: string, places: number): bigint {
  const [whole = "0", fraction = ""] = amount.split(".");
  return BigInt(whole + fraction.padEnd(places, "0"));
}
