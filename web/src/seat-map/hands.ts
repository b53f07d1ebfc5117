import { PICKABLE_PIXELS } from "./draw/detail";
import { inflate, type Point } from "./geometry";
import type { GestureTarget, PointerKind } from "./gestures";
import type { KeyboardTarget } from "./keyboard";
import { Lasso } from "./lasso";
import { neighbour, rowEnd, type Direction } from "./neighbours";
import type { PlanSeat, PlanSection } from "./plan";
import type { SeatMap } from "./seat-map";
import { FREE } from "./seat-states";
import type { WheelTarget } from "./wheel";

/** A miss by so many pixels still hits. */
const HIT_PIXELS: Record<PointerKind, number> = { mouse: 5, touch: 20 };
const DOUBLE_TAP_ZOOM = 2;
const SECTION_MARGIN_METRES = 0.8;
const WHEEL_FLIGHT_MS = 140;
/** Smaller steps are a trackpad's: they are smooth by themselves. */
const SMOOTH_STEP = 1.06;
const SEARCH_METRES = 60;

/** What gestures and keys do to a map. */
export class Hands implements GestureTarget, KeyboardTarget, WheelTarget {
  #lasso: Lasso | undefined;

  constructor(readonly map: SeatMap) {}

  pansWithOneFinger(): boolean {
    return !this.map.camera.isFit;
  }

  isZoomedIn(): boolean {
    return !this.map.camera.isFit;
  }

  draws(): boolean {
    return this.map.mode === "lasso";
  }

  tap(at: Point, kind: PointerKind): void {
    const elsewhere = this.map.renderer.onMinimap(at);
    if (elsewhere) {
      this.map.renderer.fly({ centre: elsewhere, scale: this.map.camera.view.scale });
      return;
    }
    if (this.#isPickable(kind)) {
      const seat = this.#seatAt(at, kind);
      if (seat) this.map.pick(seat);
      return;
    }
    const section = this.#sectionAt(at);
    if (section) this.#approach(section, at, kind);
  }

  doubleTap(at: Point): void {
    const kind = "touch";
    if (this.map.renderer.onMinimap(at)) return this.tap(at, kind);
    // Two quick taps on seats are two picks.
    if (this.#isPickable(kind) && this.#seatAt(at, kind)) this.tap(at, kind);
    else this.map.renderer.flyZoom(DOUBLE_TAP_ZOOM, at);
  }

  pan(by: Point): Point {
    const { camera, renderer } = this.map;
    renderer.stopFlight();
    const left = camera.panBy(by.x, by.y);
    renderer.redraw();
    return left;
  }

  panEnd(): void {}

  canZoom(factor: number): boolean {
    const { view, scaleMin, scaleMax } = this.map.camera;
    return factor > 1 ? view.scale < scaleMax * 0.999 : view.scale > scaleMin * 1.001;
  }

  zoom(factor: number, at: Point): void {
    const { camera, renderer } = this.map;
    const isSmooth = Math.abs(Math.log(factor)) < Math.log(SMOOTH_STEP);
    if (isSmooth) {
      renderer.stopFlight();
      camera.view = camera.zoomed(factor, at);
      renderer.redraw();
    } else {
      renderer.flyZoom(factor, at, WHEEL_FLIGHT_MS);
    }
  }

  hover(at: Point | undefined): void {
    const { map } = this;
    if (at && map.renderer.onMinimap(at)) return this.hover(undefined);
    const seat = at && this.#isPickable("mouse") ? this.#seatAt(at, "mouse") : undefined;
    const section = at && !seat && !this.#isPickable("mouse") ? this.#sectionAt(at) : undefined;
    const { pointing } = map.renderer;
    map.surface.mark("overSeat", seat !== undefined || section !== undefined);
    if (at && (seat ?? section)) map.explain((seat ?? section) as PlanSeat, at);
    else map.surface.tooltip.hide();
    if (pointing.hovered === seat) return;
    pointing.hovered = seat;
    map.renderer.redraw();
  }

  drawStart(at: Point, isRectangle: boolean): void {
    this.#lasso = new Lasso(this.map.camera.toPlan(at), isRectangle);
    this.map.surface.tooltip.hide();
  }

  drawTo(at: Point): void {
    const { camera, renderer } = this.map;
    this.#lasso?.extend(camera.toPlan(at), camera.view.scale);
    renderer.pointing.lasso = this.#lasso?.corners ?? [];
    renderer.redraw();
  }

  drawEnd(isCancelled: boolean): void {
    const lasso = this.#lasso;
    this.#lasso = undefined;
    this.map.renderer.pointing.lasso = [];
    this.map.renderer.redraw();
    if (lasso && !isCancelled) this.map.catchSeats(lasso.caught(this.map.shown.places));
  }

  move(direction: Direction): void {
    const { focused } = this.map.renderer.pointing;
    const seat = focused
      ? neighbour(this.map.shown.places, focused, direction)
      : this.#middleSeat();
    if (seat) this.map.focusSeat(seat.index);
  }

  moveToRowEnd(end: "first" | "last"): void {
    const { focused } = this.map.renderer.pointing;
    const seat = focused ? rowEnd(focused, end) : this.#middleSeat();
    if (seat) this.map.focusSeat(seat.index);
  }

  zoomBy(factor: number): void {
    this.map.zoomBy(factor);
  }

  showAll(): void {
    this.map.showAll();
  }

  pickFocused(): boolean {
    const { focused } = this.map.renderer.pointing;
    if (focused) this.map.pick(focused);
    return focused !== undefined;
  }

  leave(): void {
    if (this.#lasso) this.drawEnd(true);
    this.map.leaveSeat();
    this.map.surface.element.blur();
  }

  /** The ring belongs to the keyboard: it comes and goes with the focus. */
  listenToFocus(): () => void {
    const stop = new AbortController();
    const { element } = this.map.surface;
    element.addEventListener("blur", () => this.map.leaveSeat(), { signal: stop.signal });
    return () => stop.abort();
  }

  /** Shows the whole section if its seats can be picked then, else what is around the place. */
  #approach(section: PlanSection, at: Point, kind: PointerKind): void {
    const { camera, renderer, surface, shown, comfortableScale } = this.map;
    const whole = camera.fit(inflate(section.bounds, SECTION_MARGIN_METRES), comfortableScale);
    surface.tooltip.hide();
    if (whole.scale * shown.places.seatSize >= PICKABLE_PIXELS[kind]) renderer.fly(whole);
    else renderer.fly(camera.zoomed(comfortableScale / camera.view.scale, at));
  }

  #isPickable(kind: PointerKind): boolean {
    return this.map.renderer.detail.seatPixels >= PICKABLE_PIXELS[kind];
  }

  #seatAt(at: Point, kind: PointerKind): PlanSeat | undefined {
    const { camera, shown } = this.map;
    const { scale } = camera.view;
    const tolerance = Math.max(HIT_PIXELS[kind] / scale, shown.places.seatSize * 0.6);
    return shown.places.grid.nearest(camera.toPlan(at), tolerance);
  }

  /** The section there, or the one beside the gap that was hit. */
  #sectionAt(at: Point): PlanSection | undefined {
    const { camera, shown } = this.map;
    const point = camera.toPlan(at);
    const near = () => shown.places.grid.nearest(point, HIT_PIXELS.touch / camera.view.scale);
    return this.map.sectionAt(point) ?? near()?.section;
  }

  /** Where the keyboard begins: a free seat in the middle of what is shown, if there is one. */
  #middleSeat(): PlanSeat | undefined {
    const { places, states } = this.map.shown;
    const { centre } = this.map.camera.view;
    const isFree = (seat: PlanSeat) => states.stateOf(seat) === FREE;
    for (let reach = 2; reach <= SEARCH_METRES * 8; reach *= 2) {
      const seat = places.grid.nearest(centre, reach, isFree);
      if (seat) return seat;
    }
    return places.grid.nearest(centre, Infinity);
  }
}
