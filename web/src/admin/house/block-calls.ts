import { api } from "../session/session.svelte";
import { batches } from "./selection";

export async function sendBlock(event_id: string, seats: string[], reason: string): Promise<void> {
  const params = { path: { event_id } };
  await api.POST("/v1/events/{event_id}/blocks", { params, body: { seats, reason } });
}

export async function unblockSeats(event_id: string, seats: string[]): Promise<void> {
  const params = { path: { event_id } };
  for (const batch of batches(seats)) {
    await api.DELETE("/v1/events/{event_id}/blocks", { params, body: { seats: batch } });
  }
}
