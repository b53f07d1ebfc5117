/** Below this a countdown is shown as urgent. */
export const URGENT_SECONDS = 60;

/** Seconds at which the time left is said aloud. */
const SAID_AT = [300, 120, 60, 30, 10];

/** Whole seconds left; 0 only when the time is over. */
export function secondsLeft(deadline: number, now: number): number {
  return Math.max(0, Math.ceil((deadline - now) / 1000));
}

const DAY_SECONDS = 86_400;

/** Such as 9:05, 1:00:00 or, where seconds do not matter yet, 3 days. */
export function clockText(seconds: number): string {
  if (seconds >= 2 * DAY_SECONDS) return count(Math.floor(seconds / DAY_SECONDS), "day");
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** Such as "10 minutes", "1 minute 30 seconds"; to the minute above two of them. */
export function spokenText(seconds: number): string {
  if (seconds >= 120) return count(Math.round(seconds / 60), "minute");
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  const parts = [
    ...(minutes > 0 ? [count(minutes, "minute")] : []),
    ...(rest > 0 || minutes === 0 ? [count(rest, "second")] : []),
  ];
  return parts.join(" ");
}

/** The mark that was passed between two looks at the clock, if any. */
export function markPassed(before: number, after: number): number | undefined {
  return SAID_AT.find((mark) => before > mark && after <= mark);
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
