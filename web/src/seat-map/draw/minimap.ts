import type { Camera } from "../camera";
import { contains, middleOf, sizeOf, type Bounds, type Point } from "../geometry";
import { css } from "../theme";
import { detailAt } from "./detail";
import { toPixels, type Frame } from "./frame";
import { drawGround } from "./layers";

const SIDE_MAX = 150;
const SIDE_SHARE = 0.26;
const MARGIN = 10;
const PADDING = 6;
/** Nearer than this one may get lost. */
const ZOOMED_IN = 2.2;
/** A house of few sections is easily overlooked. */
const SECTIONS_MIN = 6;
const REFRESH_MS = 500;

/** The whole plan in a corner, with a frame about what is on the screen. */
export class Minimap {
  readonly #canvas = document.createElement("canvas");
  #drawnAt = -Infinity;
  #isStale = true;

  /** The plan or its colours have changed. */
  invalidate(isAtOnce: boolean): void {
    this.#isStale = true;
    if (isAtOnce) this.#drawnAt = -Infinity;
  }

  /** Where it lies on the screen, in CSS pixels; nothing when it is not shown. */
  place({ size, view, scaleMin }: Camera, frame: Pick<Frame, "plan">): Bounds | undefined {
    const { plan } = frame;
    if (plan.sections.length < SECTIONS_MIN || view.scale < scaleMin * ZOOMED_IN) return undefined;
    const { width, height } = sizeOf(plan.bounds);
    const scale = scaleOf(size, plan.bounds);
    const room = { x: width * scale + PADDING * 2, y: height * scale + PADDING * 2 };
    return {
      min: { x: MARGIN, y: size.height - MARGIN - room.y },
      max: { x: MARGIN + room.x, y: size.height - MARGIN },
    };
  }

  /** The place of the plan that is meant by a place on the screen. */
  toPlan(at: Point, camera: Camera, frame: Pick<Frame, "plan">): Point | undefined {
    const place = this.place(camera, frame);
    if (!place || !contains(place, at)) return undefined;
    const scale = scaleOf(camera.size, frame.plan.bounds);
    const { min } = frame.plan.bounds;
    return {
      x: (at.x - place.min.x - PADDING) / scale + min.x,
      y: (at.y - place.min.y - PADDING) / scale + min.y,
    };
  }

  draw(frame: Frame, camera: Camera): void {
    const place = this.place(camera, frame);
    if (!place) return;
    const { context, density, theme } = frame;
    const left = Math.round(place.min.x * density);
    const top = Math.round(place.min.y * density);
    const small = this.#frame(frame, camera, place);
    this.#refresh(small);
    context.save();
    context.beginPath();
    context.roundRect(left, top, this.#canvas.width, this.#canvas.height, 8 * density);
    context.clip();
    context.drawImage(this.#canvas, left, top);
    context.translate(left, top);
    const min = toPixels(small, camera.visible.min);
    const max = toPixels(small, camera.visible.max);
    context.strokeStyle = css(theme.ground);
    context.lineWidth = 4.5 * density;
    context.strokeRect(min.x, min.y, max.x - min.x, max.y - min.y);
    context.strokeStyle = css(theme.ink);
    context.lineWidth = 2 * density;
    context.strokeRect(min.x, min.y, max.x - min.x, max.y - min.y);
    context.restore();
    context.beginPath();
    context.roundRect(left, top, this.#canvas.width, this.#canvas.height, 8 * density);
    context.strokeStyle = css(theme.line);
    context.lineWidth = density;
    context.stroke();
  }

  #frame(frame: Frame, camera: Camera, place: Bounds): Frame {
    const { plan, density, places } = frame;
    const scale = scaleOf(camera.size, plan.bounds);
    const { width, height } = sizeOf(place);
    const zoom = scale * density;
    const middle = middleOf(plan.bounds);
    const pixels = { x: Math.round(width * density), y: Math.round(height * density) };
    if (this.#canvas.width !== pixels.x || this.#canvas.height !== pixels.y) {
      this.#canvas.width = pixels.x;
      this.#canvas.height = pixels.y;
      this.invalidate(true);
    }
    return {
      ...frame,
      context: this.#canvas.getContext("2d") ?? frame.context,
      zoom,
      origin: { x: pixels.x / 2 - middle.x * zoom, y: pixels.y / 2 - middle.y * zoom },
      region: plan.bounds,
      detail: { ...detailAt(scale, places.seatSize, scale), hasNames: false },
    };
  }

  /** Seats change all the time; here that need not be seen at once. */
  #refresh(small: Frame): void {
    const now = performance.now();
    if (!this.#isStale || now - this.#drawnAt < REFRESH_MS) return;
    this.#isStale = false;
    this.#drawnAt = now;
    drawGround(small);
  }
}

function scaleOf(screen: { width: number; height: number }, bounds: Bounds): number {
  const { width, height } = sizeOf(bounds);
  const side = Math.min(SIDE_MAX, Math.min(screen.width, screen.height) * SIDE_SHARE);
  return side / Math.max(width, height, 1);
}
