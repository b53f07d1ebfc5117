import { formatMoney } from "../../money";

const NUMBER = new Intl.NumberFormat("en-GB");

export function count(value: number): string {
  return NUMBER.format(value);
}

/** `1 seat`, `450 seats`. */
export function counted(value: number, singular: string, plural = `${singular}s`): string {
  return `${count(value)} ${value === 1 ? singular : plural}`;
}

export function money(amount: string, currency: string): string {
  return formatMoney(amount, currency, "en-GB");
}

/** A day and time as the clocks of a place show it. */
export function moment(at: string | number, timeZone?: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    ...(timeZone && { timeZone }),
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(at));
}

export function day(at: string | number): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" }).format(new Date(at));
}

/** Without the year and the day of the week: for lists of what happened lately. */
export function shortMoment(at: string | number, timeZone: string): string {
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  const options = { timeZone, day: "numeric", month: "short", ...time } as const;
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(at));
}

/** `9:05`, and with hours `1:09:05`. */
export function timeLeft(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}
