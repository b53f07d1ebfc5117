import { count } from "../texts/money";
import type { ListedEvent } from "./list.svelte";

export interface Availability {
  text: string;
  tone: "soft" | "few" | "over";
  isOnSale: boolean;
  /** How full the house is. */
  share?: number;
}

/** Below this share of free seats they are said to be few. */
const FEW_SHARE = 0.1;

/** What a buyer wants to know of an event before opening it. */
export function availabilityOf(event: ListedEvent): Availability {
  const over = (text: string): Availability => ({ text, tone: "over", isOnSale: false });
  if (event.state === "cancelled") return over("Cancelled");
  if (event.state === "closed") return over("Sales are over");
  if (event.state === "paused") return over("Sales are paused");
  if (event.state === "draft") return over("Not on sale yet");
  const { seats } = event;
  if (!seats || seats.total === 0) return { text: "On sale", tone: "soft", isOnSale: true };
  const share = 1 - seats.free / seats.total;
  if (seats.free === 0) {
    const text = seats.held > 0 ? "All seats held or sold" : "Sold out";
    return { text, tone: "over", isOnSale: true, share };
  }
  const isFew = seats.free / seats.total < FEW_SHARE;
  const text = isFew ? `Only ${count(seats.free)} left` : `${count(seats.free)} seats free`;
  return { text, tone: isFew ? "few" : "soft", isOnSale: true, share };
}
