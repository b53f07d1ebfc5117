import { locale } from "./locale";

const DAY: Intl.DateTimeFormatOptions = {
  weekday: "short",
  day: "numeric",
  month: "long",
  year: "numeric",
};
const CLOCK: Intl.DateTimeFormatOptions = { hour: "numeric", minute: "2-digit" };

/** A moment at the venue; the zone is named where it is not the reader's. */
export function momentAt(iso: string, zone: string, readersZone = ownZone()): string {
  const at = new Date(iso);
  const text = format(at, { ...DAY, ...CLOCK }, zone);
  const isAlike = text === format(at, { ...DAY, ...CLOCK }, readersZone);
  return isAlike ? text : `${text} (${zoneName(zone)})`;
}

/** Parts of a date for a leaf of the calendar. */
export function leafOf(iso: string, zone: string): { month: string; day: string } {
  const at = new Date(iso);
  return {
    month: format(at, { month: "short" }, zone),
    day: format(at, { day: "numeric" }, zone),
  };
}

/** Such as "Vienna time" for Europe/Vienna. */
export function zoneName(zone: string): string {
  const city = zone.split("/").at(-1)?.replaceAll("_", " ");
  return zone.includes("/") ? `${city} time` : zone;
}

/** The time of day where the reader is. */
export function clockOf(ms: number): string {
  return format(new Date(ms), { ...CLOCK, second: "2-digit" }, ownZone());
}

function format(at: Date, options: Intl.DateTimeFormatOptions, zone: string): string {
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: zone }).format(at);
  } catch {
    // A zone that this browser does not know yet.
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(at);
  }
}

function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
