/** Seconds as people type them. */
export interface Duration {
  count: string;
  unit: Unit;
}

export const UNITS = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const;
export type Unit = keyof typeof UNITS;

/** In the largest unit that is whole. */
export function durationOf(seconds: number): Duration {
  const units = Object.keys(UNITS).reverse() as Unit[];
  const unit = units.find((it) => seconds > 0 && seconds % UNITS[it] === 0) ?? "seconds";
  return { count: String(seconds / UNITS[unit]), unit };
}

/** Nothing where there is no number, or where it comes to no whole seconds. */
export function secondsOf({ count, unit }: Duration): number | undefined {
  const text = count.trim().replace(",", ".");
  if (!/^\d{1,9}(\.\d{1,4})?$/.test(text)) return undefined;
  const seconds = Number(text) * UNITS[unit];
  const whole = Math.round(seconds);
  return Math.abs(seconds - whole) < 1e-6 ? whole : undefined;
}

/** `15 minutes`, `1 day`. */
export function durationInWords(seconds: number): string {
  const { count, unit } = durationOf(seconds);
  return `${count} ${count === "1" ? unit.slice(0, -1) : unit}`;
}
