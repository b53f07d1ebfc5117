import { saleStateOf } from "../event/sale-state";
import { count } from "../texts/money";
import { momentAt } from "../texts/time";
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

const OVER = {
  draft: "Not on sale yet",
  paused: "Sales are paused",
  closed: "Sales are over",
  cancelled: "Cancelled",
};

/**
 * What a buyer wants to know of an event before opening it.
 *
 * @param now by the service's clock
 */
export function availabilityOf(event: ListedEvent, now: number): Availability {
  const { seats } = event;
  const state = saleStateOf(event, now, seats ?? undefined);
  if (state.kind === "before") {
    const opens = new Date(state.opensAt).toISOString();
    const text = `Sales open ${momentAt(opens, event.venue.time_zone)}`;
    return { text, tone: "soft", isOnSale: true };
  }
  if (state.kind !== "open" && state.kind !== "full") {
    return { text: OVER[state.kind], tone: "over", isOnSale: false };
  }
  if (!seats || seats.total === 0) return { text: "On sale", tone: "soft", isOnSale: true };
  const share = 1 - seats.free / seats.total;
  if (state.kind === "full") {
    const text = state.isSoldOut ? "Sold out" : "All seats held or sold";
    return { text, tone: "over", isOnSale: true, share };
  }
  const isFew = seats.free / seats.total < FEW_SHARE;
  const text = isFew ? `Only ${count(seats.free)} left` : `${count(seats.free)} seats free`;
  return { text, tone: isFew ? "few" : "soft", isOnSale: true, share };
}
