import { dataOf, type Api } from "../../api";
import type { HoldCalls } from "./model";

/** The verbs of one event's holds over HTTP. */
export function holdCalls(api: Api, eventId: string): HoldCalls {
  const of = (holdId: string) => ({ path: { event_id: eventId, hold_id: holdId } });
  const keyed = (key: string) => ({ header: { "Idempotency-Key": key } });
  return {
    place: (seats, key) =>
      dataOf(
        api.POST("/v1/events/{event_id}/holds", {
          params: { path: { event_id: eventId }, ...keyed(key) },
          body: { seats },
        }),
      ),
    find: (holdId) =>
      dataOf(api.GET("/v1/events/{event_id}/holds/{hold_id}", { params: of(holdId) })),
    change: (holdId, add, remove) =>
      dataOf(
        api.PATCH("/v1/events/{event_id}/holds/{hold_id}", {
          params: of(holdId),
          body: { add, remove },
        }),
      ),
    extend: (holdId) =>
      dataOf(api.POST("/v1/events/{event_id}/holds/{hold_id}/extend", { params: of(holdId) })),
    release: async (holdId) => {
      await api.DELETE("/v1/events/{event_id}/holds/{hold_id}", { params: of(holdId) });
    },
    confirm: (holdId, token, contact, key) =>
      dataOf(
        api.POST("/v1/events/{event_id}/holds/{hold_id}/confirm", {
          params: { ...of(holdId), ...keyed(key) },
          body: { contact, hold_token: token },
        }),
      ),
    bookingOf: async (holdId) => {
      const { items } = await dataOf(
        api.GET("/v1/bookings", { params: { query: { limit: 200 } } }),
      );
      return items.find((booking) => booking.hold_id === holdId);
    },
  };
}
