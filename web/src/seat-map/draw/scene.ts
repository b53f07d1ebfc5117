import { inflate, overlaps, union, type Bounds, type Point } from "../geometry";
import type { Frame } from "./frame";
import { drawPlan } from "./layers";

type Canvas = HTMLCanvasElement;
type FrameOf = (context: CanvasRenderingContext2D, region: Bounds) => Frame;

export interface Projection {
  zoom: number;
  origin: Point;
}

/**
 * The plan as drawn last. When the map is moved, it is moved along and only the strips that come
 * into sight are drawn; when some seats change, only their surroundings are.
 */
export class Scene {
  #canvas = document.createElement("canvas");
  #spare = document.createElement("canvas");
  #projection: Projection | undefined;
  #stale: Bounds[] = [];

  constructor(
    readonly frameOf: (
      projection: Projection,
      context: CanvasRenderingContext2D,
      region: Bounds,
    ) => Frame,
  ) {}

  get projection(): Projection | undefined {
    return this.#projection;
  }

  /** Something within bounds of the plan does not look like that any more. */
  invalidate(bounds: Bounds): void {
    this.#stale.push(bounds);
  }

  invalidateAll(): void {
    this.#projection = undefined;
  }

  /** Brings the scene up to date. */
  update(projection: Projection, width: number, height: number): void {
    const last = this.#projection;
    const fits = this.#canvas.width === width && this.#canvas.height === height;
    const frameOf: FrameOf = (context, region) => this.frameOf(projection, context, region);
    if (!last || !fits || last.zoom !== projection.zoom) {
      setSize(this.#canvas, width, height);
      this.#projection = projection;
      this.#stale = [];
      drawPlan(frameOf(contextOf(this.#canvas), regionOf(projection, 0, 0, width, height)));
      return;
    }
    this.#projection = projection;
    this.#move(projection.origin.x - last.origin.x, projection.origin.y - last.origin.y, frameOf);
    this.#mend(frameOf);
  }

  /** Puts the scene on another canvas, under a projection that may have moved on since. */
  show(context: CanvasRenderingContext2D, { zoom, origin }: Projection): void {
    const last = this.#projection;
    if (!last) return;
    const { width, height } = this.#canvas;
    const grown = zoom / last.zoom;
    const [x, y] = [origin.x - last.origin.x * grown, origin.y - last.origin.y * grown];
    context.drawImage(this.#canvas, x, y, width * grown, height * grown);
  }

  #move(dx: number, dy: number, frameOf: FrameOf): void {
    if (dx === 0 && dy === 0) return;
    const { width, height } = this.#canvas;
    setSize(this.#spare, width, height);
    const context = contextOf(this.#spare);
    context.drawImage(this.#canvas, dx, dy);
    [this.#canvas, this.#spare] = [this.#spare, this.#canvas];
    if (dx > 0) this.#draw(0, 0, dx, height, frameOf);
    if (dx < 0) this.#draw(width + dx, 0, -dx, height, frameOf);
    if (dy > 0) this.#draw(0, 0, width, dy, frameOf);
    if (dy < 0) this.#draw(0, height + dy, width, -dy, frameOf);
  }

  #mend(frameOf: FrameOf): void {
    const { zoom, origin } = this.#projection as Projection;
    const { width, height } = this.#canvas;
    const visible = regionOf({ zoom, origin }, 0, 0, width, height);
    for (const { min, max } of merged(this.#stale.filter((bounds) => overlaps(bounds, visible)))) {
      const left = Math.floor(min.x * zoom + origin.x);
      const top = Math.floor(min.y * zoom + origin.y);
      const right = Math.ceil(max.x * zoom + origin.x);
      const bottom = Math.ceil(max.y * zoom + origin.y);
      this.#draw(left, top, right - left, bottom - top, frameOf);
    }
    this.#stale = [];
  }

  /** Draws one rectangle of device pixels anew. */
  #draw(left: number, top: number, width: number, height: number, frameOf: FrameOf): void {
    const context = contextOf(this.#canvas);
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    const projection = this.#projection as Projection;
    drawPlan(frameOf(context, regionOf(projection, left, top, width, height)));
    context.restore();
  }
}

/** More places than this are quicker drawn all at once. */
const PLACES_MAX = 96;

/** What overlaps is drawn once. */
function merged(all: readonly Bounds[]): Bounds[] {
  const apart: Bounds[] = [];
  for (let next of all) {
    for (let nth = apart.length - 1; nth >= 0; nth--) {
      const other = apart[nth] as Bounds;
      if (!overlaps(inflate(other, 0.01), next)) continue;
      next = union(other, next);
      apart.splice(nth, 1);
    }
    apart.push(next);
  }
  return apart.length <= PLACES_MAX ? apart : [apart.reduce(union)];
}

function regionOf(
  { zoom, origin }: Projection,
  left: number,
  top: number,
  width: number,
  height: number,
): Bounds {
  return {
    min: { x: (left - origin.x) / zoom, y: (top - origin.y) / zoom },
    max: { x: (left + width - origin.x) / zoom, y: (top + height - origin.y) / zoom },
  };
}

function setSize(canvas: Canvas, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

function contextOf(canvas: Canvas): CanvasRenderingContext2D {
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  return context;
}
