import { fetchUnlessSilent } from "../api";
import { refusal, toEnded, waitAfter } from "../availability";
import { LayoutError } from "./read-fields";

/**
 * Asks the service for an event's plan, until it comes or is refused for good.
 *
 * @param ondelay is told once that it has not come yet.
 */
export async function fetchLayout(
  origin: string,
  event: string,
  signal: AbortSignal,
  ondelay: () => void,
): Promise<unknown> {
  const url = `${origin}/v1/events/${encodeURIComponent(event)}/layout`;
  for (let failures = 0; ; failures++) {
    try {
      return await ask(url, signal);
    } catch (error) {
      signal.throwIfAborted();
      const { hints } = toEnded(error);
      if (error instanceof LayoutError || hints.isRefused) throw error;
      if (failures === 0) ondelay();
      await pause(waitAfter(failures, Math.random(), hints), signal);
    }
  }
}

async function ask(url: string, signal: AbortSignal): Promise<unknown> {
  const headers = { Accept: "application/json" };
  const response = await fetchUnlessSilent(new Request(url, { signal, headers }));
  if (response.status === 404) throw new LayoutError("There is no such event.");
  if (!response.ok) throw refusal(response);
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof SyntaxError) throw new LayoutError("The plan is garbled: it is no JSON.");
    throw error;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
