/** The layout cannot be drawn; the message is a sentence that says what is wrong with it. */
export class LayoutError extends Error {
  override name = "LayoutError";
}

/** Something read from a document, with the place that it was found at. */
export interface Found {
  value: unknown;
  at: string;
}

/** Beyond this the plan of a house is not in metres. */
const PLACE_MAX = 1e6;

export function member(of: Found, key: string): Found {
  const at = of.at === "" ? key : `${of.at}.${key}`;
  return { value: objectIn(of)[key], at };
}

export function objectIn({ value, at }: Found): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new LayoutError(`The plan is garbled: ${at || "it"} should be a map.`);
  }
  return value as Record<string, unknown>;
}

export function arrayIn({ value, at }: Found): unknown[] {
  if (!Array.isArray(value)) throw new LayoutError(`The plan is garbled: ${at} should be a list.`);
  return value;
}

export function listIn(found: Found): Found[] {
  return arrayIn(found).map((value, nth) => ({ value, at: `${found.at}[${nth}]` }));
}

export function optionalListIn(found: Found): Found[] {
  return found.value === undefined || found.value === null ? [] : listIn(found);
}

export function textIn({ value, at }: Found): string {
  if (typeof value !== "string") {
    throw new LayoutError(`The plan is garbled: ${at} should be text.`);
  }
  return value;
}

export function optionalTextIn(found: Found): string {
  return found.value === undefined || found.value === null ? "" : textIn(found);
}

export function numberIn({ value, at }: Found): number {
  if (!isPlace(value)) throw new LayoutError(`The plan is garbled: ${at} should be a number.`);
  return value;
}

/** Neither text nor NaN, and not beyond the horizon. */
export function isPlace(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= PLACE_MAX;
}

export function countIn(found: Found, max = PLACE_MAX): number {
  const count = numberIn(found);
  if (!Number.isInteger(count) || count < 0 || count >= max) {
    throw new LayoutError(
      `The plan is garbled: ${found.at} should be a whole number from 0 and below ${max}.`,
    );
  }
  return count;
}

export function wordIn<T extends string>(found: Found, words: readonly T[]): T {
  const word = textIn(found) as T;
  if (words.includes(word)) return word;
  throw new LayoutError(
    `The plan is garbled: ${found.at} is "${word.slice(0, 40)}", which is none of ${words.join(", ")}.`,
  );
}

export function pointIn(found: Found): { x: number; y: number } {
  return { x: numberIn(member(found, "x")), y: numberIn(member(found, "y")) };
}

export function outlineIn(found: Found): { x: number; y: number }[] {
  return optionalListIn(found).map(pointIn);
}
