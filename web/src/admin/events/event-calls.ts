import { dataOf, type components } from "../../api";
import { Said } from "../session/sentence";
import { api } from "../session/session.svelte";
import type { Event } from "./event-form";

export type Verb = "open" | "pause" | "close" | "cancel";
type ChangeEvent = components["schemas"]["ChangeEvent"];
type EventAlone = components["schemas"]["Event"];

/** An event to manage: buyers may see one too, but its owner's id they may not. */
export async function findEvent(event_id: string): Promise<Event> {
  const params = { path: { event_id } };
  const event = await dataOf(api.GET("/v1/events/{event_id}", { params }));
  if (!event.owner_id) throw new Said("This event is somebody else's. Only its owner manages it.");
  return event;
}

export function changeEvent(event_id: string, body: ChangeEvent): Promise<EventAlone> {
  return dataOf(api.PATCH("/v1/events/{event_id}", { params: { path: { event_id } }, body }));
}

/** Repeating a verb changes nothing, so a lost answer may be asked for again. */
export function applyVerb(event_id: string, verb: Verb): Promise<EventAlone> {
  const params = { path: { event_id } };
  const calls = {
    open: () => api.POST("/v1/events/{event_id}/open", { params }),
    pause: () => api.POST("/v1/events/{event_id}/pause", { params }),
    close: () => api.POST("/v1/events/{event_id}/close", { params }),
    cancel: () => api.POST("/v1/events/{event_id}/cancel", { params }),
  };
  return dataOf(calls[verb]());
}
