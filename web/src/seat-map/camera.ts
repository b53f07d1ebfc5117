import { middleOf, sizeOf, type Bounds, type Point } from "./geometry";

export interface View {
  /** What stands in the middle of the screen, in metres. */
  centre: Point;
  /** CSS pixels in a metre. */
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Room around the plan, in pixels, when all of it is shown: names may stand there. */
const MARGIN = 24;
/** A seat half a metre wide is then as wide as a thumb. */
const SCALE_MAX = 160;

/** What part of the plan is on the screen. Always within the limits: nobody gets lost. */
export class Camera {
  #view: View = { centre: { x: 0, y: 0 }, scale: 1 };
  #bounds: Bounds;
  #size: Size = { width: 1, height: 1 };

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    this.#view = this.fit(bounds);
  }

  get view(): View {
    return this.#view;
  }

  set view(view: View) {
    this.#view = this.limit(view);
  }

  get size(): Size {
    return this.#size;
  }

  get scaleMin(): number {
    return this.#fitScale(this.#bounds);
  }

  get scaleMax(): number {
    return Math.max(SCALE_MAX, this.scaleMin);
  }

  get isFit(): boolean {
    return this.#view.scale <= this.scaleMin * 1.001;
  }

  /** The middle stays where it is; what was shown in full remains so. */
  resize(size: Size): void {
    const wasFit = this.isFit;
    this.#size = { width: Math.max(1, size.width), height: Math.max(1, size.height) };
    this.view = wasFit ? this.fit(this.#bounds) : this.#view;
  }

  setBounds(bounds: Bounds): void {
    const wasFit = this.isFit;
    this.#bounds = bounds;
    this.view = wasFit ? this.fit(bounds) : this.#view;
  }

  /** The view that shows all of some part of the plan, no nearer than `scaleMax`. */
  fit(bounds: Bounds, scaleMax = this.scaleMax): View {
    return { centre: middleOf(bounds), scale: Math.min(this.#fitScale(bounds), scaleMax) };
  }

  toScreen({ x, y }: Point): Point {
    const { centre, scale } = this.#view;
    return {
      x: (x - centre.x) * scale + this.#size.width / 2,
      y: (y - centre.y) * scale + this.#size.height / 2,
    };
  }

  toPlan({ x, y }: Point, { centre, scale } = this.#view): Point {
    return {
      x: (x - this.#size.width / 2) / scale + centre.x,
      y: (y - this.#size.height / 2) / scale + centre.y,
    };
  }

  get visible(): Bounds {
    return {
      min: this.toPlan({ x: 0, y: 0 }),
      max: this.toPlan({ x: this.#size.width, y: this.#size.height }),
    };
  }

  /** Moves the plan by pixels. Answers how many of them the limits did not allow. */
  panBy(dx: number, dy: number): Point {
    const { centre, scale } = this.#view;
    const wanted = { x: centre.x - dx / scale, y: centre.y - dy / scale };
    this.view = { centre: wanted, scale };
    const { centre: now } = this.#view;
    return { x: (now.x - wanted.x) * scale, y: (now.y - wanted.y) * scale };
  }

  /** The view after zooming, with the point of the plan under `at` staying under it. */
  zoomed(factor: number, at: Point): View {
    const before = this.toPlan(at);
    const scale = this.#limitScale(this.#view.scale * factor);
    const { width, height } = this.#size;
    const centre = {
      x: before.x - (at.x - width / 2) / scale,
      y: before.y - (at.y - height / 2) / scale,
    };
    return this.limit({ centre, scale });
  }

  /** The nearest allowed view: at most a sixth of the screen shows what is beyond the plan. */
  limit({ centre, scale }: View): View {
    const limited = this.#limitScale(scale);
    const { min, max } = this.#bounds;
    const { width, height } = this.#size;
    return {
      scale: limited,
      centre: {
        x: limitAxis(centre.x, min.x, max.x, width / limited),
        y: limitAxis(centre.y, min.y, max.y, height / limited),
      },
    };
  }

  #limitScale(scale: number): number {
    if (!Number.isFinite(scale)) return this.scaleMin;
    return Math.min(this.scaleMax, Math.max(this.scaleMin, scale));
  }

  #fitScale(bounds: Bounds): number {
    const { width, height } = sizeOf(bounds);
    const room = (side: number) => Math.max(side * 0.5, side - MARGIN * 2);
    const scale = Math.min(
      room(this.#size.width) / Math.max(width, 1),
      room(this.#size.height) / Math.max(height, 1),
    );
    return Math.min(scale, SCALE_MAX);
  }
}

function limitAxis(centre: number, min: number, max: number, shown: number): number {
  if (!Number.isFinite(centre)) return (min + max) / 2;
  if (max - min <= shown) return (min + max) / 2;
  const overhang = Math.min(shown / 6, (max - min) / 4);
  const [low, high] = [min + shown / 2 - overhang, max - shown / 2 + overhang];
  return Math.min(high, Math.max(low, centre));
}
