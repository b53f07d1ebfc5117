import type { Booking } from "../holds/model";

/** A booking's state in words, and the class of its tag. */
export const STATES: Record<Booking["state"], { text: string; tone: string }> = {
  confirmed: { text: "Booked", tone: "success" },
  partly_cancelled: { text: "Partly cancelled", tone: "warning" },
  cancelled: { text: "Cancelled", tone: "over" },
};
