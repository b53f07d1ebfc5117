import type { Point } from "./geometry";

export type PointerKind = "mouse" | "touch";

export interface GestureTarget {
  /** Whether one finger moves the map; otherwise it scrolls the page. */
  pansWithOneFinger(): boolean;
  /** Whether dragging draws instead of moving. */
  draws(): boolean;
  tap(at: Point, kind: PointerKind): void;
  doubleTap(at: Point): void;
  /** Answers the pixels that could not be moved, because the map ends there. */
  pan(by: Point): Point;
  panEnd(velocity: Point): void;
  zoom(factor: number, at: Point): void;
  hover(at: Point | undefined): void;
  drawStart(at: Point, isRectangle: boolean): void;
  drawTo(at: Point): void;
  drawEnd(isCancelled: boolean): void;
}

/** A finger is never quite still. */
const TOLERANCE_PIXELS: Record<PointerKind, number> = { mouse: 4, touch: 10 };
const TAP_MS_MAX = 700;
const DOUBLE_TAP_MS = 320;
const DOUBLE_TAP_PIXELS = 28;
/** Always moves the map, also where dragging draws. */
const MIDDLE_BUTTON = 1;

interface Pressed {
  at: Point;
  start: Point;
  since: number;
}

/** Tells taps, drags and pinches apart. */
export class Gestures {
  readonly #pressed = new Map<number, Pressed>();
  readonly #stop = new AbortController();
  #kind: PointerKind = "mouse";
  #state: "idle" | "pressed" | "panning" | "pinching" | "drawing" = "idle";
  #lastTap: { at: Point; time: number } | undefined;
  #scrollsPage = false;
  #isMiddle = false;

  constructor(
    readonly element: HTMLElement,
    readonly target: GestureTarget,
  ) {
    const { signal } = this.#stop;
    const on = (type: string, listener: (event: PointerEvent) => void) =>
      element.addEventListener(type, listener as EventListener, { signal });
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#cancel(event));
    on("pointerleave", (event) => event.pointerType === "mouse" && target.hover(undefined));
    // Two fingers are always for the map, whatever one finger is for.
    const keep = (event: TouchEvent) => event.touches.length > 1 && event.preventDefault();
    element.addEventListener("touchstart", keep, { signal, passive: false });
    element.addEventListener("touchmove", keep, { signal, passive: false });
  }

  stop(): void {
    this.#stop.abort();
  }

  #down(event: PointerEvent): void {
    if (event.pointerType === "mouse" && event.button > MIDDLE_BUTTON) return;
    this.#isMiddle = event.button === MIDDLE_BUTTON;
    // The browser would begin to scroll by itself.
    if (this.#isMiddle) event.preventDefault();
    this.#kind = event.pointerType === "mouse" ? "mouse" : "touch";
    const at = placeOf(event, this.element);
    this.#pressed.set(event.pointerId, { at, start: at, since: event.timeStamp });
    if (this.#pressed.size === 1) {
      this.#state = "pressed";
      this.#scrollsPage = false;
    } else if (this.#pressed.size === 2) {
      if (this.#state === "drawing") this.target.drawEnd(true);
      this.#state = "pinching";
    }
  }

  #move(event: PointerEvent): void {
    const at = placeOf(event, this.element);
    const pressed = this.#pressed.get(event.pointerId);
    if (!pressed) {
      if (event.pointerType === "mouse") this.target.hover(at);
      return;
    }
    const before = this.#spread();
    const by = { x: at.x - pressed.at.x, y: at.y - pressed.at.y };
    pressed.at = at;
    if (this.#state === "pinching") this.#pinch(before);
    else if (this.#state === "panning") this.#pan(by);
    else if (this.#state === "drawing") this.target.drawTo(at);
    else if (this.#state === "pressed") this.#begin(event, pressed);
  }

  /** Beyond the tolerance it is no tap any more. */
  #begin(event: PointerEvent, { at, start }: Pressed): void {
    const moved = Math.hypot(at.x - start.x, at.y - start.y);
    if (moved < TOLERANCE_PIXELS[this.#kind]) return;
    this.element.setPointerCapture(event.pointerId);
    if (this.target.draws() && !this.#isMiddle) {
      this.#state = "drawing";
      this.target.drawStart(start, event.shiftKey);
      this.target.drawTo(at);
      return;
    }
    if (this.#kind === "touch" && !this.target.pansWithOneFinger()) {
      this.#state = "idle";
      return;
    }
    this.#state = "panning";
    this.target.hover(undefined);
    const by = { x: at.x - start.x, y: at.y - start.y };
    const left = this.target.pan(by);
    // A finger that goes on where the map ends means the page.
    this.#scrollsPage =
      this.#kind === "touch" && Math.abs(by.y) > Math.abs(by.x) && Math.abs(left.y) > 1;
  }

  #pan(by: Point): void {
    if (this.#scrollsPage) window.scrollBy(0, -by.y);
    else this.target.pan(by);
  }

  #pinch(before: { middle: Point; distance: number }): void {
    const now = this.#spread();
    this.target.pan({ x: now.middle.x - before.middle.x, y: now.middle.y - before.middle.y });
    if (before.distance > 0 && now.distance > 0) {
      this.target.zoom(now.distance / before.distance, now.middle);
    }
  }

  #up(event: PointerEvent): void {
    const pressed = this.#pressed.get(event.pointerId);
    if (!pressed) return;
    this.#pressed.delete(event.pointerId);
    const state = this.#state;
    this.#state = this.#pressed.size === 1 && state === "pinching" ? "panning" : "idle";
    if (state === "drawing") this.target.drawEnd(false);
    if (state === "panning") this.target.panEnd({ x: 0, y: 0 });
    if (state === "pressed" && !this.#isMiddle && event.timeStamp - pressed.since <= TAP_MS_MAX) {
      this.#tap(pressed.start, event.timeStamp);
    }
  }

  #tap(at: Point, time: number): void {
    const last = this.#lastTap;
    const isDouble =
      last !== undefined &&
      time - last.time <= DOUBLE_TAP_MS &&
      Math.hypot(at.x - last.at.x, at.y - last.at.y) <= DOUBLE_TAP_PIXELS;
    this.#lastTap = isDouble ? undefined : { at, time };
    if (isDouble) this.target.doubleTap(at);
    else this.target.tap(at, this.#kind);
  }

  #cancel(event: PointerEvent): void {
    this.#pressed.delete(event.pointerId);
    if (this.#state === "drawing") this.target.drawEnd(true);
    this.#state = "idle";
  }

  /** Between the first two fingers. */
  #spread(): { middle: Point; distance: number } {
    const [a, b] = [...this.#pressed.values()];
    if (!a || !b) return { middle: a?.at ?? { x: 0, y: 0 }, distance: 0 };
    return {
      middle: { x: (a.at.x + b.at.x) / 2, y: (a.at.y + b.at.y) / 2 },
      distance: Math.hypot(a.at.x - b.at.x, a.at.y - b.at.y),
    };
  }
}

export function placeOf(event: MouseEvent, element: HTMLElement): Point {
  const { left, top } = element.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
