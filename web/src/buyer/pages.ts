import { match } from "../path";

/** The pages, loaded when they are opened: whoever looks for an event needs no seat map. */
const PAGES = {
  "": () => import("./events/EventsPage.svelte"),
  "/events": () => import("./events/EventsPage.svelte"),
  "/events/:eventId": () => import("./event/EventPage.svelte"),
  "/bookings": () => import("./bookings/BookingsPage.svelte"),
  "/bookings/:bookingId": () => import("./bookings/BookingPage.svelte"),
};

export interface Page {
  key: string;
  parameters: Record<string, string>;
  load(): Promise<{ default: unknown }>;
}

export function pageOf(path: string): Page | undefined {
  for (const [pattern, load] of Object.entries(PAGES)) {
    const parameters = match(pattern, path);
    if (parameters) return { key: path, parameters, load };
  }
  return undefined;
}
