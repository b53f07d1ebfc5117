import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { PlotSeries } from "./series";

interface Look {
  ink: string;
  line: string;
  accent: string;
  wash: string;
  font: string;
}

/** Sales over time: a bar for each bucket, and the line of all seats booked so far. */
export class SalesPlot {
  readonly #host: HTMLElement;
  readonly #timeZone: string;
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #size: ResizeObserver;
  #series: PlotSeries;
  #plot: uPlot;

  constructor(host: HTMLElement, series: PlotSeries, timeZone: string) {
    this.#host = host;
    this.#series = series;
    this.#timeZone = timeZone;
    this.#plot = this.#draw();
    this.#scheme.addEventListener("change", this.#redraw);
    this.#size = new ResizeObserver(() => this.#plot.setSize(sizeOf(host)));
    this.#size.observe(host);
  }

  show(series: PlotSeries): void {
    this.#series = series;
    this.#plot.setData(dataOf(series));
  }

  destroy(): void {
    this.#scheme.removeEventListener("change", this.#redraw);
    this.#size.disconnect();
    this.#plot.destroy();
  }

  // A canvas keeps the colours that it was drawn with.
  #redraw = (): void => {
    this.#plot.destroy();
    this.#plot = this.#draw();
  };

  #draw(): uPlot {
    const options = optionsOf(lookOf(this.#host), this.#timeZone);
    return new uPlot({ ...options, ...sizeOf(this.#host) }, dataOf(this.#series), this.#host);
  }
}

/** With the end of the last bucket, to which its bar and the line are drawn. */
function dataOf({ times, booked, total }: PlotSeries): uPlot.AlignedData {
  const [before = 0, last = 0] = times.slice(-2);
  return [
    [...times, 2 * last - before],
    [...booked, null],
    [...total, total.at(-1) ?? 0],
  ];
}

function sizeOf(host: HTMLElement) {
  return { width: Math.max(host.clientWidth, 100), height: Math.max(host.clientHeight, 100) };
}

function lookOf(host: HTMLElement): Look {
  const style = getComputedStyle(host);
  // A property holds `light-dark(…)` as it was written: only a colour is computed.
  const computed = (name: string): string => {
    const probe = document.createElement("i");
    probe.style.color = `var(${name})`;
    host.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  };
  return {
    ink: computed("--ink-soft"),
    line: computed("--line"),
    accent: computed("--accent"),
    wash: computed("--line-firm"),
    font: `12px ${style.fontFamily}`,
  };
}

function optionsOf(look: Look, timeZone: string): Omit<uPlot.Options, "width" | "height"> {
  const axis = {
    stroke: look.ink,
    font: look.font,
    grid: { stroke: look.line, width: 1 },
    ticks: { stroke: look.line, width: 1 },
  };
  const whole = { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000] };
  return {
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
    legend: { show: false },
    cursor: { show: false },
    padding: [12, 8, 0, 0],
    scales: { x: { time: true }, each: { range: fromZero }, all: { range: fromZero } },
    axes: [
      { ...axis, space: 70, incrs: TICK_SECONDS, values: timeNames(timeZone) },
      { ...axis, ...whole, scale: "all" },
      { ...axis, ...whole, scale: "each", side: 1, grid: { show: false } },
    ],
    series: [
      {},
      {
        scale: "each",
        fill: look.wash,
        points: { show: false },
        ...paths(uPlot.paths.bars?.({ size: [0.8, 24], align: 1 })),
      },
      {
        scale: "all",
        stroke: look.accent,
        width: 2,
        points: { show: false },
        ...paths(uPlot.paths.stepped?.({ align: 1 })),
      },
    ],
  };
}

/** A name has minutes: marks that are closer would have the same one. */
const TICK_SECONDS = [
  ...[60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400],
  ...[2, 7, 14, 30, 60, 90, 180, 365].map((days) => days * 86_400),
];

/** Clock times, with the day where it is a new one. */
function timeNames(timeZone: string): uPlot.Axis.Values {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "short" });
  const day = new Intl.DateTimeFormat("en-GB", { timeZone, day: "numeric", month: "short" });
  return (_, splits, __, ___, step) => {
    let before = "";
    return splits.map((seconds) => {
      const at = new Date(seconds * 1000);
      const today = day.format(at);
      const isNew = today !== before;
      before = today;
      if (step >= 86_400) return today;
      return isNew ? `${clock.format(at)}\n${today}` : clock.format(at);
    });
  };
}

function paths(builder: uPlot.Series.PathBuilder | undefined): Partial<uPlot.Series> {
  return builder ? { paths: builder } : {};
}

function fromZero(_: uPlot, __: number | null, max: number | null): [number, number] {
  return [0, Math.max(5, Math.ceil((max ?? 0) * 1.05))];
}
