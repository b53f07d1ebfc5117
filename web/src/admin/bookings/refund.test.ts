import { expect, it } from "vitest";
import type { Booking } from "./booking-calls";
import { liveSeats, refundOf } from "./refund";

function booking(...seats: [label: string, price: string, isCancelled?: boolean][]): Booking {
  const full = seats.map(([seat, price, is_cancelled = false]) => ({ seat, price, is_cancelled }));
  return { seats: full } as unknown as Booking;
}

it("sums exactly what floats would not", () => {
  const all = booking(["A", "0.10"], ["B", "0.20"], ["C", "1000000.01"]);
  expect(refundOf(all, new Set(["A", "B"]))).toBe("0.30");
  expect(refundOf(all, new Set(["A", "B", "C"]))).toBe("1000000.31");
});

it("leaves out what was cancelled before and what is not chosen", () => {
  const some = booking(["A", "49.50", true], ["B", "49.50"], ["C", "20.00"]);
  expect(refundOf(some, new Set(["A", "B"]))).toBe("49.50");
  expect(liveSeats(some).map(({ seat }) => seat)).toEqual(["B", "C"]);
  expect(refundOf(some, new Set())).toBe("0");
});

it("has no places where the currency has none", () => {
  expect(refundOf(booking(["A", "4950"], ["B", "50"]), new Set(["A", "B"]))).toBe("5000");
});
