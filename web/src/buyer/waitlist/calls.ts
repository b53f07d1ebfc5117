import { dataOf } from "../../api";
import type { Booking, Contact } from "../holds/model";
import { mine, open } from "../session";
import type { Entry, Terms, Wish } from "./entry";

/** The verbs of one event's waitlist. An entry is named by its secret, else it is the guest's own. */
export interface WaitlistCalls {
  terms(): Promise<Terms>;
  join(wish: Wish): Promise<Entry>;
  find(token: string | undefined): Promise<Entry>;
  /** What opening the mail's link does: the address is verified, and the entry is answered. */
  verify(token: string): Promise<Entry>;
  leave(token: string | undefined): Promise<void>;
  /** Again, it answers the same booking; without a contact, it is made for the entry's. */
  accept(token: string | undefined, contact?: Contact): Promise<Booking>;
}

export function waitlistCalls(eventId: string): WaitlistCalls {
  const path = { event_id: eventId };
  /** The secret goes in a header: addresses are written to logs. */
  const of = (token: string | undefined) => ({
    params: { path, ...(token && { header: { "Waitlist-Token": token } }) },
  });
  /** Whoever has only the secret stays nobody. */
  const by = (token: string | undefined) => (token ? open : mine);
  return {
    terms: () => dataOf(open.GET("/v1/events/{event_id}/waitlist/terms", { params: { path } })),
    join: (body) => dataOf(mine.POST("/v1/events/{event_id}/waitlist", { params: { path }, body })),
    find: (token) => dataOf(by(token).GET("/v1/events/{event_id}/waitlist/mine", of(token))),
    verify: (token) =>
      dataOf(
        open.POST("/v1/events/{event_id}/waitlist/mine/verify", {
          params: { path },
          body: { token },
        }),
      ),
    leave: async (token) => {
      await by(token).DELETE("/v1/events/{event_id}/waitlist/mine", of(token));
    },
    accept: (token, contact) =>
      dataOf(
        by(token).POST("/v1/events/{event_id}/waitlist/mine/accept", {
          params: { path },
          body: { ...(token && { token }), ...(contact && { contact }) },
        }),
      ),
  };
}
