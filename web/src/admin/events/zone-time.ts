/** What a clock on a wall says: `2026-10-25T02:30`, as a date-and-time field has it. */
export type WallTime = string;

/** The moments at which a place's clocks say so: one, none, or two. */
export type Moments =
  | { kind: "one"; at: Date }
  /** The clocks go forward over it: from `from` straight to `to`. */
  | { kind: "none"; from: WallTime; to: WallTime }
  /** The clocks go back, and say it again. */
  | { kind: "two"; first: Date; second: Date };

const DAY_MS = 86_400_000;

/** Answers nothing when the text is no time. */
export function momentsOf(wall: WallTime, timeZone: string): Moments | undefined {
  const asUtc = readAsUtc(wall);
  if (asUtc === undefined) return undefined;
  // No zone changes its clocks twice within two days.
  const before = offsetAt(asUtc - DAY_MS, timeZone);
  const after = offsetAt(asUtc + DAY_MS, timeZone);
  const offsets = before === after ? [before] : [before, after];
  const found = offsets
    .map((offset) => asUtc - offset)
    .filter((at) => at + offsetAt(at, timeZone) === asUtc)
    .sort((a, b) => a - b);
  const [first, second] = found;
  if (first === undefined) return jumpOver(asUtc, before, after, timeZone);
  if (second === undefined) return { kind: "one", at: new Date(first) };
  return { kind: "two", first: new Date(first), second: new Date(second) };
}

/** What the place's clocks say at a moment. */
export function wallTimeOf(at: string | number | Date, timeZone: string): WallTime {
  const ms = new Date(at).getTime();
  return write(ms + offsetAt(ms, timeZone));
}

/** `CEST`, `GMT-3`: which of two clocks is meant. */
export function zoneNameAt(at: Date, timeZone: string): string {
  const options = { timeZone, timeZoneName: "short" } as const;
  const parts = new Intl.DateTimeFormat("en-GB", options).formatToParts(at);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? timeZone;
}

function jumpOver(asUtc: number, before: number, after: number, timeZone: string): Moments {
  // The change lies where the old offset ends: halve the two days until a minute is left.
  let early = asUtc - DAY_MS;
  let late = asUtc + DAY_MS;
  while (late - early > 1000) {
    const middle = Math.floor((early + late) / 2);
    if (offsetAt(middle, timeZone) === before) early = middle;
    else late = middle;
  }
  const change = Math.round(late / 60_000) * 60_000;
  return { kind: "none", from: write(change + before), to: write(change + after) };
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

function offsetAt(ms: number, timeZone: string): number {
  let format = FORMATS.get(timeZone);
  if (!format) {
    const digits = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
    const time = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...digits, ...time });
    FORMATS.set(timeZone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

function readAsUtc(wall: WallTime): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(wall)) return undefined;
  const ms = Date.parse(`${wall}Z`);
  // The 31st of February is parsed as a day in March by some, and refused by others.
  return Number.isFinite(ms) && write(ms) === wall.slice(0, 16) ? ms : undefined;
}

function write(ms: number): WallTime {
  return new Date(ms).toISOString().slice(0, 16);
}
