import { placeOf } from "./gestures";
import type { Point } from "./geometry";

/** Turning the wheel after such a pause is a new intention. */
const PAUSE_MS = 280;
const PIXELS_IN_LINE = 16;
const PIXELS_IN_PAGE = 400;
const FACTOR_PER_PIXEL = 1.0018;
/** Trackpads send a pinch as a wheel with the control key and small steps. */
const FACTOR_PER_PINCH_PIXEL = 1.011;
const STEP_PIXELS_MAX = 240;

export interface WheelTarget {
  canZoom(factor: number): boolean;
  zoom(factor: number, at: Point): void;
  pan(by: Point): Point;
  isZoomedIn(): boolean;
}

/**
 * The wheel zooms when it is first turned over the map. A page that is scrolled past the map is not
 * caught by it, and where the map cannot zoom any further the page scrolls.
 */
export function listenToWheel(element: HTMLElement, target: WheelTarget): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  let last = -Infinity;
  let isForMap = false;
  const decide = (event: WheelEvent) => {
    const isNew = event.timeStamp - last > PAUSE_MS;
    last = event.timeStamp;
    if (isNew) isForMap = event.composedPath().includes(element);
  };
  window.addEventListener("wheel", decide, { signal, capture: true, passive: true });
  element.addEventListener(
    "wheel",
    (event) => {
      const { x, y } = stepOf(event);
      if (!event.ctrlKey && Math.abs(x) > Math.abs(y)) {
        if (!isForMap || !target.isZoomedIn()) return;
        event.preventDefault();
        target.pan({ x: -x, y: -y });
        return;
      }
      const factor = (event.ctrlKey ? FACTOR_PER_PINCH_PIXEL : FACTOR_PER_PIXEL) ** -y;
      if (!event.ctrlKey && (!isForMap || !target.canZoom(factor))) return;
      event.preventDefault();
      target.zoom(factor, placeOf(event, element));
    },
    { signal, passive: false },
  );
  return () => stop.abort();
}

function stepOf({ deltaX, deltaY, deltaMode }: WheelEvent): Point {
  const unit = [1, PIXELS_IN_LINE, PIXELS_IN_PAGE][deltaMode] ?? 1;
  const limit = (step: number) => Math.min(STEP_PIXELS_MAX, Math.max(-STEP_PIXELS_MAX, step));
  return { x: limit(deltaX * unit), y: limit(deltaY * unit) };
}
