import { Camera } from "./camera";
import { PICKABLE_PIXELS } from "./draw/detail";
import type { FrameStats } from "./frame-stats";
import { boundsOf, contains, inflate, middleOf, overlaps, type Point } from "./geometry";
import { isInside } from "./geometry";
import { Gestures } from "./gestures";
import { Hands } from "./hands";
import { listenToKeys } from "./keyboard";
import { nameOfSeat, type Plan, type PlanSeat, type PlanSection } from "./plan";
import { Renderer } from "./renderer";
import { SeatPlaces } from "./seat-places";
import { SeatStates, type MarkKind } from "./seat-states";
import { Surface } from "./surface";
import { ThemeReader } from "./theme";
import { listenToWheel } from "./wheel";
import { describeSeat, factsOf, freeInWords, type FormatPrice } from "./words";

export type MapMode = "pick" | "lasso" | "view";

export interface SeatMapOptions {
  plan: Plan;
  mode?: MapMode;
  formatPrice?: FormatPrice;
  /** What the map is called for a screen reader. */
  label?: string;
}

/** Seats as large as this can be aimed at in comfort. */
export const COMFORTABLE_PIXELS = 26;
/** A seat with the keyboard's focus is brought this far in from the edge. */
const FOCUS_MARGIN_SHARE = 0.15;
const SEATS_AROUND_METRES = 3;

/**
 * The plan of a house on a canvas, to look at and to pick seats from. Events: `seatpick`
 * {index, seat}, `seatfocus` {index}, `lasso` {indices}, `viewchange` {scale, sectionKeys}.
 */
export class SeatMap extends EventTarget {
  readonly camera: Camera;
  readonly renderer: Renderer;
  readonly surface: Surface;
  readonly #stop: (() => void)[] = [];
  readonly #formatPrice: FormatPrice | undefined;
  #plan: Plan;
  #places: SeatPlaces;
  #states: SeatStates;
  #mode: MapMode;

  constructor(host: HTMLElement, { plan, mode, formatPrice, label }: SeatMapOptions) {
    super();
    this.#plan = plan;
    this.#places = new SeatPlaces(plan);
    this.#states = new SeatStates(plan);
    this.#mode = mode ?? "pick";
    this.#formatPrice = formatPrice;
    this.surface = new Surface(host, label ?? "Seat map");
    this.surface.mark("draws", this.#mode === "lasso");
    this.camera = new Camera(plan.bounds);
    const themes = new ThemeReader(this.surface.probes, () => this.renderer.redrawAll());
    this.renderer = new Renderer(this.surface.canvas, this.camera, themes, this.shown, () =>
      this.#viewChanged(),
    );
    const hands = new Hands(this);
    const gestures = new Gestures(this.surface.element, hands);
    this.#stop.push(
      () => gestures.stop(),
      () => themes.stop(),
      listenToWheel(this.surface.element, hands),
      listenToKeys(this.surface.element, hands),
      hands.listenToFocus(),
      this.#watchSize(),
    );
  }

  get shown(): { plan: Plan; places: SeatPlaces; states: SeatStates } {
    return { plan: this.#plan, places: this.#places, states: this.#states };
  }

  get mode(): MapMode {
    return this.#mode;
  }

  setMode(mode: MapMode): void {
    this.#mode = mode;
    this.surface.mark("draws", mode === "lasso");
  }

  /** Shows another plan; every seat is free and unmarked at first. */
  setPlan(plan: Plan): void {
    const focused = this.renderer.pointing.focused?.label;
    this.#plan = plan;
    this.#places = new SeatPlaces(plan);
    this.#states = new SeatStates(plan);
    this.renderer.pointing.hovered = undefined;
    this.renderer.pointing.focused = focused ? plan.byLabel.get(focused) : undefined;
    this.surface.tooltip.hide();
    this.renderer.stopFlight();
    this.camera.setBounds(plan.bounds);
    this.renderer.show(this.shown);
  }

  setStates(states: Uint8Array): void {
    this.#states.replace(states);
    this.renderer.redrawAll();
    this.#viewChanged();
  }

  changeSeats(indices: Iterable<number>): void {
    const changed = [...indices];
    this.#states.count(changed);
    this.#lookDifferent(changed);
  }

  setOwn(indices: Iterable<number>): void {
    this.#lookDifferent(this.#states.setOwn(indices));
  }

  setMarked(indices: Iterable<number>, kind: MarkKind): void {
    this.#lookDifferent(this.#states.setMarked(indices, kind));
  }

  showAll(): void {
    this.renderer.fly(this.camera.fit(this.#plan.bounds));
  }

  showSection(key: string): void {
    const section = this.#plan.sections.find((one) => one.key === key);
    if (section) this.renderer.fly(this.camera.fit(inflate(section.bounds, 1)));
  }

  showSeats(indices: readonly number[]): void {
    const seats = indices.flatMap((index) => this.#plan.seats[index] ?? []);
    if (seats.length === 0) return;
    const around = inflate(boundsOf(seats), SEATS_AROUND_METRES);
    this.renderer.fly(this.camera.fit(around, this.comfortableScale));
  }

  zoomBy(factor: number): void {
    const { width, height } = this.camera.size;
    this.renderer.flyZoom(factor, { x: width / 2, y: height / 2 });
  }

  /** Puts the keyboard's ring about a seat and brings it into sight. */
  focusSeat(index: number): void {
    const seat = this.#plan.seats[index];
    if (!seat) return;
    this.renderer.pointing.focused = seat;
    this.#bringIntoSight(seat);
    this.surface.say(describeSeat(this.#states, seat, this.#formatPrice));
    this.renderer.redraw();
    this.#emit("seatfocus", { index });
  }

  leaveSeat(): void {
    if (!this.renderer.pointing.focused) return;
    this.renderer.pointing.focused = undefined;
    this.surface.tooltip.hide();
    this.renderer.redraw();
    this.#emit("seatfocus", { index: undefined });
  }

  pick(seat: PlanSeat): void {
    this.#emit("seatpick", { index: seat.index, seat });
  }

  catchSeats(indices: number[]): void {
    this.#emit("lasso", { indices });
  }

  /** How long drawing took, in milliseconds of script; for tests and for the curious. */
  frameStats(): FrameStats {
    return this.renderer.times.stats;
  }

  destroy(): void {
    this.renderer.stop();
    for (const stop of this.#stop) stop();
    this.surface.remove();
  }

  get comfortableScale(): number {
    return Math.min(this.camera.scaleMax, COMFORTABLE_PIXELS / this.#places.seatSize);
  }

  sectionAt(point: Point): PlanSection | undefined {
    return this.#plan.sections.find(
      ({ bounds, outline }) => contains(bounds, point) && isInside(outline, point),
    );
  }

  /** Says what a seat is, or a section where seats are too small to be seen. */
  explain(what: PlanSeat | PlanSection, at: Point): void {
    const isSeat = "index" in what;
    const title = isSeat ? nameOfSeat(what) : what.name;
    const facts = isSeat
      ? factsOf(this.#states, what, this.#formatPrice)
      : this.#factsOfSection(what);
    this.surface.tooltip.show(title, facts, at, this.camera.size);
  }

  #factsOfSection(section: PlanSection): string[] {
    const free = this.#states.freeIn(section);
    const firsts = new Map<string, PlanSeat>();
    for (const { seats } of section.rows) {
      for (const seat of seats)
        if (!firsts.has(seat.category.key)) firsts.set(seat.category.key, seat);
    }
    const prices = [...firsts.values()].slice(0, 3).map((seat) => {
      const price = this.#formatPrice?.(seat);
      return price ? `${seat.category.name} ${price}` : seat.category.name;
    });
    return [freeInWords(free, section.seatCount), ...prices];
  }

  #lookDifferent(indices: readonly number[]): void {
    if (indices.length === 0) return;
    this.renderer.redrawSeats(indices);
    const { focused, hovered } = this.renderer.pointing;
    if (hovered && indices.includes(hovered.index)) this.explain(hovered, this.surface.tooltip.at);
    if (focused && indices.includes(focused.index)) {
      this.surface.say(describeSeat(this.#states, focused, this.#formatPrice));
    }
    this.#showWhere();
  }

  #bringIntoSight(seat: PlanSeat): void {
    const isTooSmall = this.renderer.detail.seatPixels < PICKABLE_PIXELS.touch;
    const { width, height } = this.camera.size;
    const at = this.camera.toScreen(seat);
    const [marginX, marginY] = [width * FOCUS_MARGIN_SHARE, height * FOCUS_MARGIN_SHARE];
    const isInSight =
      at.x >= marginX && at.x <= width - marginX && at.y >= marginY && at.y <= height - marginY;
    if (isTooSmall) this.renderer.fly({ centre: seat, scale: this.comfortableScale });
    else if (!isInSight) this.renderer.fly({ centre: seat, scale: this.camera.view.scale }, 160);
  }

  #viewChanged(): void {
    const { visible, view, isFit } = this.camera;
    this.surface.mark("zoomed", !isFit);
    const { focused } = this.renderer.pointing;
    if (focused && this.surface.element.matches(":focus")) {
      this.explain(focused, this.camera.toScreen(focused));
    }
    this.#showWhere();
    const sections = this.#plan.sections.filter(({ bounds }) => overlaps(bounds, visible));
    this.#emit("viewchange", { scale: view.scale, sectionKeys: sections.map(({ key }) => key) });
  }

  /** Deep in the plan, where the section's name may be out of sight. */
  #showWhere(): void {
    const { detail } = this.renderer;
    const section =
      !this.camera.isFit && detail.seats === 1
        ? this.sectionAt(middleOf(this.camera.visible))
        : undefined;
    const count = section && freeInWords(this.#states.freeIn(section));
    this.surface.showWhere(section && [section.name, count].filter(Boolean).join(" · "));
  }

  #watchSize(): () => void {
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = this.surface.element;
      if (width === 0 || height === 0) return;
      this.camera.resize({ width, height });
      this.renderer.redraw();
    });
    observer.observe(this.surface.element);
    return () => observer.disconnect();
  }

  #emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
