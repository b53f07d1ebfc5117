import type { Component } from "svelte";
import { match } from "../path";

interface Arrived {
  Page: Component<Record<string, string>>;
  parameters: Record<string, string>;
  /** Two addresses with the same key are the same page and keep its state. */
  key: string;
}

interface PageToLoad {
  load: () => Promise<Arrived>;
  /** Whether it has a map beside something else. */
  isWide: boolean;
}

type Load = () => Promise<{ default: unknown }>;

const PAGES: [pattern: string, load: Load, width?: "wide"][] = [
  ["/admin/venues", () => import("./venues/VenuesPage.svelte")],
  ["/admin/venues/new", () => import("./venues/NewVenuePage.svelte"), "wide"],
  ["/admin/venues/:venue_id", () => import("./venues/VenuePage.svelte"), "wide"],
  ["/admin/events", () => import("./events/EventsPage.svelte")],
  ["/admin/events/new", () => import("./events/NewEventPage.svelte")],
  ["/admin/events/:event_id", () => import("./house/HousePage.svelte"), "wide"],
  ["/admin/events/:event_id/edit", () => import("./events/EditEventPage.svelte")],
  ["/admin/events/:event_id/bookings", () => import("./bookings/BookingsPage.svelte"), "wide"],
  ["/admin/events/:event_id/waitlist", () => import("./waitlist/WaitlistPage.svelte")],
  ["/admin/events/:event_id/waitlist/log", () => import("./waitlist/LogPage.svelte")],
  ["/admin/events/:event_id/waitlist/terms", () => import("./waitlist/TermsPage.svelte")],
  ["/admin/messages", () => import("./messages/WebhooksPage.svelte")],
  ["/admin/messages/new", () => import("./messages/NewEndpointPage.svelte")],
  ["/admin/messages/dead-letters", () => import("./messages/DeadLettersPage.svelte")],
  ["/admin/messages/:endpoint_id", () => import("./messages/EndpointPage.svelte")],
];

/** Which page an address shows; the first pattern that fits wins. */
export function pageOf(path: string): PageToLoad | undefined {
  for (const [pattern, load, width] of PAGES) {
    const parameters = match(pattern, path);
    if (!parameters) continue;
    const key = [pattern, ...Object.values(parameters)].join(" ");
    return { isWide: width === "wide", load: () => arrive(load, parameters, key) };
  }
  return undefined;
}

/** A page comes together with its parameters: the page before it must never see them. */
async function arrive(load: Load, parameters: Record<string, string>, key: string) {
  const { default: Page } = await load();
  return { Page: Page as Arrived["Page"], parameters, key };
}
