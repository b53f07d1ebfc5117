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
  /** Names stand on the sections first, then behind them; not both at once. */
  namesBehind: number;
  shape: "rectangle" | "square" | "rounded";
  hasEdges: boolean;
  hasStateMarks: boolean;
  /** Places of standing areas. */
  hasPlaces: boolean;
  categoryMarks: number;
  rowLabels: number;
  numbers: number;
  /** Of figures such as the stage. */
  hasNames: boolean;
}

/** Smaller seats are not worth aiming at: a click or tap goes nearer instead. */
export const PICKABLE_PIXELS = { mouse: 9, touch: 13 };

/**
 * @param scaleMin the scale at which the whole plan is shown. It should be either an overview or
 *   seats, not something in between.
 */
export function detailAt(scale: number, seatSize: number, scaleMin: number): Detail {
  const pixels = scale * seatSize;
  const fitPixels = scaleMin * seatSize;
  const start =
    fitPixels > OVERVIEW_PIXELS ? SEATS_PIXELS : Math.max(SEATS_PIXELS, fitPixels * 1.1);
  return {
    scale,
    seatPixels: pixels,
    seats: ramp(pixels, start, start * 1.35),
    namesBehind: ramp(pixels, start * 1.3, start * 1.5),
    shape: pixels < 5.5 ? "rectangle" : pixels < 9 ? "square" : "rounded",
    hasEdges: pixels >= 7,
    hasStateMarks: pixels >= 6,
    hasPlaces: pixels >= 9,
    categoryMarks: ramp(pixels, 9, 12),
    rowLabels: ramp(pixels, 9, 12),
    numbers: ramp(pixels, 18, 21),
    hasNames: true,
  };
}

/** From here on seats can be seen; a whole plan with seats up to the other is an overview. */
const SEATS_PIXELS = 3;
const OVERVIEW_PIXELS = 4.8;

function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}
