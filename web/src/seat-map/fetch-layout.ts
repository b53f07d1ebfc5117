import { LayoutError } from "./read-fields";

/** Asks the service for an event's plan. */
export async function fetchLayout(
  origin: string,
  event: string,
  signal: AbortSignal,
): Promise<unknown> {
  const url = `${origin}/v1/events/${encodeURIComponent(event)}/layout`;
  const response = await fetch(url, { signal, headers: { Accept: "application/json" } });
  if (response.status === 404) throw new LayoutError("There is no such event.");
  if (!response.ok) throw new Error(`The service answered with ${response.status}.`);
  try {
    return await response.json();
  } catch {
    signal.throwIfAborted();
    throw new LayoutError("The plan is garbled: it is no JSON.");
  }
}
