import type { Camera, View } from "./camera";
import { Flight } from "./flight";
import { detailAt, type Detail } from "./draw/detail";
import { drawEdgeLabels } from "./draw/edge-labels";
import type { Frame } from "./draw/frame";
import { drawGround } from "./draw/layers";
import { MARK_REACH_PIXELS } from "./draw/marks";
import { Minimap } from "./draw/minimap";
import { drawOverlay, type Pointing } from "./draw/overlay";
import { Scene, type Projection } from "./draw/scene";
import { FrameTimes } from "./frame-stats";
import { inflate, type Bounds, type Point } from "./geometry";
import type { Plan } from "./plan";
import type { SeatPlaces } from "./seat-places";
import type { SeatStates } from "./seat-states";
import type { ThemeReader } from "./theme";

export interface Shown {
  plan: Plan;
  places: SeatPlaces;
  states: SeatStates;
}

const DENSITY_MAX = 2;
/** A plan that takes longer to draw is shown as drawn last, scaled, while it is being zoomed. */
const BUDGET_MS = 5;
/** … and drawn anew so often all the same, and when the zooming has ended for so long. */
const RENEW_MS = 110;
const SETTLE_MS = 90;

/** Draws the map on its canvas when something has changed, and only then. */
export class Renderer {
  readonly times = new FrameTimes();
  readonly pointing: Pointing = { hovered: undefined, focused: undefined, lasso: [] };
  readonly #context: CanvasRenderingContext2D;
  readonly #scene = new Scene((projection, context, region) =>
    this.#frame(projection, context, region),
  );
  readonly #isStill = matchMedia("(prefers-reduced-motion: reduce)");
  readonly #minimap = new Minimap();
  #request = 0;
  #isStopped = false;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #flight: Flight | undefined;
  #shown: Shown;
  #cost = 0;
  #drawnAt = -Infinity;
  #viewShown: View | undefined;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly camera: Camera,
    readonly themes: ThemeReader,
    shown: Shown,
    readonly onView: () => void,
  ) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("This browser cannot draw on a canvas.");
    this.#context = context;
    this.#shown = shown;
  }

  show(shown: Shown): void {
    this.#shown = shown;
    this.redrawAll();
  }

  get detail(): Detail {
    return detailAt(this.camera.view.scale, this.#shown.places.seatSize, this.camera.scaleMin);
  }

  get isFlying(): boolean {
    return this.#flight !== undefined;
  }

  /** Draws in the next frame; many calls before it are one. */
  redraw(): void {
    if (this.#request !== 0 || this.#isStopped) return;
    this.#request = requestAnimationFrame((now) => this.#draw(now));
  }

  redrawAll(): void {
    this.#scene.invalidateAll();
    this.#minimap.invalidate(true);
    this.redraw();
  }

  /** These seats look different now. */
  redrawSeats(indices: Iterable<number>): void {
    const { plan, places } = this.#shown;
    const isFar = this.detail.seats < 1;
    const sections = new Map<number, Bounds>();
    const reach = places.seatSize + MARK_REACH_PIXELS / this.camera.view.scale;
    for (const index of indices) {
      const seat = plan.seats[index];
      if (!seat) continue;
      const { nth, bounds } = seat.section;
      // From afar the section's shade changes too.
      if (isFar || seat.section.kind === "general_admission") sections.set(nth, bounds);
      else this.#scene.invalidate(inflate({ min: seat, max: seat }, reach));
    }
    this.#minimap.invalidate(false);
    for (const bounds of sections.values()) this.#scene.invalidate(inflate(bounds, reach));
    this.redraw();
  }

  /** Goes to a view, smoothly unless the person wants things to keep still. */
  fly(to: View, duration?: number): void {
    const limited = this.camera.limit(to);
    if (this.#isStill.matches) {
      this.#flight = undefined;
      this.camera.view = limited;
    } else {
      this.#flight = new Flight(this.camera.view, limited, performance.now(), duration);
    }
    this.redraw();
  }

  /** Zooms about a place on the screen; another call before the end goes on from there. */
  flyZoom(factor: number, at: Point, duration?: number): void {
    const now = this.camera.view.scale;
    const goal = (this.#flight?.to.scale ?? now) * factor;
    this.fly(this.camera.zoomed(goal / now, at), duration);
  }

  /** The place of the plan that a place on the small plan in the corner stands for. */
  onMinimap(at: Point): Point | undefined {
    return this.#minimap.toPlan(at, this.camera, this.#shown);
  }

  /** A hand on the map stops it. */
  stopFlight(): void {
    this.#flight = undefined;
  }

  stop(): void {
    this.#isStopped = true;
    cancelAnimationFrame(this.#request);
    clearTimeout(this.#settle);
  }

  #draw(now: number): void {
    this.#request = 0;
    const start = performance.now();
    this.#advance(now);
    const { width, height } = this.camera.size;
    const density = Math.min(DENSITY_MAX, globalThis.devicePixelRatio || 1);
    const pixels = { width: Math.round(width * density), height: Math.round(height * density) };
    if (this.canvas.width !== pixels.width) this.canvas.width = pixels.width;
    if (this.canvas.height !== pixels.height) this.canvas.height = pixels.height;
    const projection = this.#project(density);
    if (this.#isTooSlowFor(projection, start)) this.#showStandIn(projection);
    else this.#showScene(projection, pixels, start);
    const frame = this.#frame(projection, this.#context, this.camera.visible);
    drawEdgeLabels(frame);
    this.#minimap.draw(frame, this.camera);
    drawOverlay(frame, this.pointing);
    this.times.add(performance.now() - start);
    if (this.#flight) this.redraw();
    this.#tellView();
  }

  #advance(now: number): void {
    if (!this.#flight) return;
    this.camera.view = this.#flight.at(now);
    if (this.#flight.isOver(now)) this.#flight = undefined;
  }

  #project(density: number): Projection {
    const { centre, scale } = this.camera.view;
    const { width, height } = this.camera.size;
    const zoom = scale * density;
    return {
      zoom,
      origin: {
        x: Math.round((width * density) / 2 - centre.x * zoom),
        y: Math.round((height * density) / 2 - centre.y * zoom),
      },
    };
  }

  #isTooSlowFor({ zoom }: Projection, now: number): boolean {
    const drawn = this.#scene.projection;
    if (!drawn || drawn.zoom === zoom || this.#cost <= BUDGET_MS) return false;
    const isMoving =
      this.#flight !== undefined || this.#viewShown?.scale !== this.camera.view.scale;
    return isMoving && now - this.#drawnAt < RENEW_MS;
  }

  #showStandIn(projection: Projection): void {
    drawGround(this.#frame(projection, this.#context, this.camera.visible));
    this.#scene.show(this.#context, projection);
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.redraw(), SETTLE_MS);
  }

  #showScene(
    projection: Projection,
    { width, height }: { width: number; height: number },
    start: number,
  ): void {
    const isAnew = this.#scene.projection?.zoom !== projection.zoom;
    this.#scene.update(projection, width, height);
    if (isAnew) {
      this.#drawnAt = performance.now();
      this.#cost = this.#drawnAt - start;
    }
    this.#scene.show(this.#context, projection);
  }

  #frame(projection: Projection, context: CanvasRenderingContext2D, region: Bounds): Frame {
    const density = projection.zoom / this.camera.view.scale;
    return {
      ...this.#shown,
      ...projection,
      context,
      density,
      region,
      theme: this.themes.theme,
      detail: this.detail,
    };
  }

  #tellView(): void {
    const { view } = this.camera;
    if (this.#viewShown === view) return;
    this.#viewShown = view;
    this.onView();
  }
}
