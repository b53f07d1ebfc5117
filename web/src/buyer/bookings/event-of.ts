import { dataOf } from "../../api";
import type { SoldEvent } from "../event/sale-state";
import { open } from "../session";

const asked = new Map<string, Promise<SoldEvent>>();

/** An event, asked for once however many bookings there are in it. */
export function eventOf(eventId: string): Promise<SoldEvent> {
  const known = asked.get(eventId);
  if (known) return known;
  const params = { path: { event_id: eventId } };
  const answer = dataOf(open.GET("/v1/events/{event_id}", { params }));
  asked.set(eventId, answer);
  answer.catch(() => asked.delete(eventId));
  return answer;
}
