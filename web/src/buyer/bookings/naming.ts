import { dataOf } from "../../api";
import { namesOf } from "../event/names";
import type { Booking } from "../holds/model";
import { readPlan } from "../../seat-map";
import { open } from "../session";

export type NameOf = (labels: string[]) => string;

/** Names a booking's seats by the event's plan; by what the booking says where it cannot be read. */
export async function namer(eventId: string, seats: Booking["seats"]): Promise<NameOf> {
  const plan = await readEventPlan(eventId).catch(() => undefined);
  return (labels) => namesOf(labels, plan, seats);
}

async function readEventPlan(eventId: string) {
  const params = { path: { event_id: eventId } };
  return readPlan(await dataOf(open.GET("/v1/events/{event_id}/layout", { params })));
}
