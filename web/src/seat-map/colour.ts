/** Red, green and blue from 0 to 255. */
export type Rgb = readonly [number, number, number];

export type Vision = "normal" | "protanopia" | "deuteranopia" | "tritanopia";

export const VISIONS: readonly Vision[] = ["normal", "protanopia", "deuteranopia", "tritanopia"];

/** Machado, Oliveira and Fernandes 2009, severity 1; they work on linear light. */
const SIMULATIONS: Record<Exclude<Vision, "normal">, readonly number[]> = {
  protanopia: [
    0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998,
  ],
  deuteranopia: [
    0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881,
  ],
  tritanopia: [
    1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039,
  ],
};

export function parseHex(colour: string): Rgb | undefined {
  const digits = /^#([0-9a-f]{6})$/i.exec(colour)?.[1];
  if (!digits) return undefined;
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function toHex(rgb: Rgb): string {
  const digits = rgb.map((part) => Math.round(clamp(part)).toString(16).padStart(2, "0"));
  return `#${digits.join("")}`;
}

/** As much of `a` as `share` says, the rest of `b`. */
export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const part = (nth: 0 | 1 | 2) => a[nth] * share + b[nth] * (1 - share);
  return [part(0), part(1), part(2)];
}

/** The contrast ratio of WCAG 2, from 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** Black or white, whichever is easier to read on a ground: one of them reaches 4.58:1 on any. */
export function inkOn(ground: Rgb): Rgb {
  const dark: Rgb = [0, 0, 0];
  const light: Rgb = [255, 255, 255];
  return contrast(dark, ground) >= contrast(light, ground) ? dark : light;
}

/** The colour, moved towards black or white until it stands out from a ground. */
export function standOut(colour: Rgb, ground: Rgb, ratio: number): Rgb {
  const target: Rgb = luminance(ground) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  for (let share = 1; share > 0; share -= 0.05) {
    const moved = mix(colour, target, share);
    if (contrast(moved, ground) >= ratio) return moved;
  }
  return target;
}

/** How far apart two colours look: the distance in OKLab; 0.02 can just be told apart. */
export function difference(a: Rgb, b: Rgb, vision: Vision = "normal"): number {
  const [l, m, s] = oklab(simulate(a, vision));
  const [l2, m2, s2] = oklab(simulate(b, vision));
  return Math.hypot(l - l2, m - m2, s - s2);
}

/** The colour as a person with that vision sees it, as linear light. */
function simulate(colour: Rgb, vision: Vision): Rgb {
  const [r, g, b] = linear(colour);
  if (vision === "normal") return [r, g, b];
  const m = SIMULATIONS[vision] as number[];
  const row = (nth: number) =>
    Math.min(1, Math.max(0, m[nth * 3]! * r + m[nth * 3 + 1]! * g + m[nth * 3 + 2]! * b));
  return [row(0), row(1), row(2)];
}

function oklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function luminance(colour: Rgb): number {
  const [r, g, b] = linear(colour);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function linear(colour: Rgb): Rgb {
  const part = (value: number) => {
    const share = clamp(value) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return [part(colour[0]), part(colour[1]), part(colour[2])];
}

function clamp(part: number): number {
  return Math.min(255, Math.max(0, part));
}
