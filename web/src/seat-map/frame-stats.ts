export interface FrameStats {
  /** Frames drawn since the start or the last reset. */
  frames: number;
  p50: number;
  p95: number;
  max: number;
  /** From the construction of the map to the end of its first frame. */
  firstFrame: number | undefined;
}

const KEPT = 600;

/** How many milliseconds of script the last frames took. */
export class FrameTimes {
  readonly #start = performance.now();
  #times: number[] = [];
  #frames = 0;
  #firstFrame: number | undefined;

  add(milliseconds: number): void {
    this.#firstFrame ??= performance.now() - this.#start;
    this.#frames++;
    this.#times.push(milliseconds);
    if (this.#times.length > KEPT) this.#times.shift();
  }

  reset(): void {
    this.#times = [];
    this.#frames = 0;
  }

  get stats(): FrameStats {
    const sorted = [...this.#times].sort((a, b) => a - b);
    const at = (share: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      frames: this.#frames,
      p50: at(0.5),
      p95: at(0.95),
      max: sorted.at(-1) ?? 0,
      firstFrame: this.#firstFrame,
    };
  }
}
