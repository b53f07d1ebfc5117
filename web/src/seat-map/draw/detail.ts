/**
 * What is drawn at some scale. Everything follows from the scale alone and comes in gradually, so
 * that nothing flickers while zooming.
 */
export interface Detail {
  /** CSS pixels in a metre. */
  scale: number;
  /** The side of an ordinary seat in CSS pixels. */
  seatPixels: number;
  /** How much of the seats can be seen, from 0 to 1; sections fade out as seats come in. */
  seats: number;
  shape: "rectangle" | "square" | "rounded";
  hasEdges: boolean;
  hasStateMarks: boolean;
  /** Places of standing areas. */
  hasPlaces: boolean;
  categoryMarks: number;
  rowLabels: number;
  numbers: number;
}

/** Smaller seats are not worth aiming at: a click or tap goes nearer instead. */
export const PICKABLE_PIXELS = { mouse: 9, touch: 13 };

export function detailAt(scale: number, seatSize: number): Detail {
  const pixels = scale * seatSize;
  return {
    scale,
    seatPixels: pixels,
    seats: ramp(pixels, 3, 4.5),
    shape: pixels < 5.5 ? "rectangle" : pixels < 9 ? "square" : "rounded",
    hasEdges: pixels >= 7,
    hasStateMarks: pixels >= 6,
    hasPlaces: pixels >= 9,
    categoryMarks: ramp(pixels, 9, 12),
    rowLabels: ramp(pixels, 9, 12),
    numbers: ramp(pixels, 18, 21),
  };
}

function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}
