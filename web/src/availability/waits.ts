const FIRST_MS = 500;
export const LONGEST_MS = 30_000;
/** Whatever the service asks for. */
export const RETRY_AFTER_SECONDS_MAX = 600;
/** What is refused will hardly be allowed a moment later. */
const REFUSED_MS = 60_000;

/**
 * How long to wait before the next attempt: twice as long each time, and never the same for all, so
 * that a service that comes back is not run over by everybody at once.
 *
 * @param failures so many attempts have failed one after another.
 * @param random from 0 to 1.
 */
export function waitAfter(
  failures: number,
  random: number,
  { retryAfterSeconds = 0, isRefused = false } = {},
): number {
  const longest = isRefused ? REFUSED_MS : LONGEST_MS;
  const grown = Math.min(longest, FIRST_MS * 2 ** Math.min(failures, 16));
  const wait = (isRefused ? longest : grown) * (0.5 + random / 2);
  const asked = Math.min(retryAfterSeconds, RETRY_AFTER_SECONDS_MAX) * 1000;
  return asked > 0 ? asked + wait * 0.5 : wait;
}
