import type { components } from "../../api";

export type SoldEvent = components["schemas"]["EventWithSeats"];

export type SaleState =
  | { kind: "open" }
  | { kind: "full"; isSoldOut: boolean }
  | { kind: "before"; opensAt: number }
  | { kind: "draft" | "paused" | "closed" | "cancelled" };

/** Whether seats can be had, by the service's clock. */
export function saleStateOf(
  event: SoldEvent,
  now: number,
  counts: { free: number; held: number } | undefined,
): SaleState {
  if (event.state !== "on_sale") return { kind: event.state };
  const opensAt = event.sales_open_at ? Date.parse(event.sales_open_at) : undefined;
  if (opensAt !== undefined && now < opensAt) return { kind: "before", opensAt };
  const closesAt = Date.parse(event.sales_close_at ?? event.starts_at);
  if (now >= Math.min(closesAt, Date.parse(event.starts_at))) return { kind: "closed" };
  if (counts?.free === 0) return { kind: "full", isSoldOut: counts.held === 0 };
  return { kind: "open" };
}

/** What is said above the map; nothing while seats can be had. */
export function sentenceOf(state: SaleState): string | undefined {
  switch (state.kind) {
    case "open":
      return undefined;
    case "full":
      return state.isSoldOut
        ? "Sold out. Seats that are cancelled show up here, unless somebody waits for them."
        : "Every seat is held or sold right now. Seats that are let go show up here, unless somebody waits for them.";
    case "before":
      return "Sales have not opened yet. You can look around; this page opens by itself.";
    case "draft":
      return "This event is not on sale yet.";
    case "paused":
      return "Sales are paused. Seats that you hold stay yours until their time is up.";
    case "closed":
      return "Sales for this event are over.";
    case "cancelled":
      return "This event has been cancelled. Whoever has booked gets their money back.";
  }
}

/** Such as "2 days 03:04:05". */
export function waitText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const clock = [(seconds % 86_400) / 3600, (seconds % 3600) / 60, seconds % 60].map(two).join(":");
  const days = Math.floor(seconds / 86_400);
  return days > 0 ? `${days} ${days === 1 ? "day" : "days"} ${clock}` : clock;
}
