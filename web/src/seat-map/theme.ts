import { mix, type Rgb } from "./colour";

/** The map's colours besides those of the categories. */
export interface Theme {
  ground: Rgb;
  section: Rgb;
  ink: Rgb;
  inkSoft: Rgb;
  line: Rgb;
  lineFirm: Rgb;
  accent: Rgb;
  onAccent: Rgb;
  danger: Rgb;
  success: Rgb;
  warning: Rgb;
  focus: Rgb;
  stage: Rgb;
  pitch: Rgb;
  font: string;
}

type ColourName = Exclude<keyof Theme, "font">;

/** Each is overridden by `--seat-map-…`, then taken from the design's tokens, then from here. */
const COLOURS: Record<ColourName, { token?: string; fallback: string }> = {
  ground: { token: "--surface", fallback: "light-dark(#ffffff, #1c1e21)" },
  section: { fallback: "light-dark(#f1f0ed, #282b2f)" },
  ink: { token: "--ink", fallback: "light-dark(#1c1d1f, #eeece8)" },
  inkSoft: { token: "--ink-soft", fallback: "light-dark(#5b5c60, #a9a8a4)" },
  line: { token: "--line", fallback: "light-dark(#dedad2, #303338)" },
  lineFirm: { token: "--line-firm", fallback: "light-dark(#85827b, #7b7f86)" },
  accent: { token: "--accent", fallback: "light-dark(#1f5f58, #7cc9bd)" },
  onAccent: { token: "--on-accent", fallback: "light-dark(#ffffff, #0d211e)" },
  danger: { token: "--danger-ink", fallback: "light-dark(#a3231d, #ff9c92)" },
  success: { token: "--success-ink", fallback: "light-dark(#1d6136, #86d6a0)" },
  warning: { token: "--warning-ink", fallback: "light-dark(#7a4a00, #f0c176)" },
  focus: { token: "--focus", fallback: "light-dark(#1a63d8, #8ab8ff)" },
  stage: { fallback: "light-dark(#3a3b44, #4b4d57)" },
  pitch: { fallback: "light-dark(#b9d9b4, #2f4a33)" },
};

/** Reads the colours as they are computed for a host, and tells when they change. */
export class ThemeReader {
  readonly #probes = new Map<ColourName, HTMLElement>();
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #pixel = pixelContext();
  readonly #stop = new AbortController();
  #theme: Theme | undefined;

  constructor(
    readonly root: HTMLElement,
    onChange: () => void,
  ) {
    for (const name of Object.keys(COLOURS) as ColourName[]) {
      const probe = document.createElement("span");
      probe.style.color = cssOf(name);
      this.#probes.set(name, probe);
      root.append(probe);
    }
    const changed = () => {
      this.#theme = undefined;
      onChange();
    };
    const { signal } = this.#stop;
    this.#scheme.addEventListener("change", changed, { signal });
    // A page may change its theme by a class: the probes' colours then run through a transition.
    root.addEventListener("transitionend", changed, { signal });
  }

  get theme(): Theme {
    return (this.#theme ??= this.#read());
  }

  stop(): void {
    this.#stop.abort();
  }

  #read(): Theme {
    const theme = { font: getComputedStyle(this.root).fontFamily || "sans-serif" } as Theme;
    for (const [name, probe] of this.#probes) {
      theme[name] = this.#toRgb(getComputedStyle(probe).color);
    }
    return theme;
  }

  /** By painting it: a computed colour may be written in any of CSS's colour spaces. */
  #toRgb(colour: string): Rgb {
    this.#pixel.clearRect(0, 0, 1, 1);
    this.#pixel.fillStyle = colour;
    this.#pixel.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0] = this.#pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b];
  }
}

export function cssOf(name: ColourName): string {
  const { token, fallback } = COLOURS[name];
  const own = `--seat-map-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return `var(${own}, ${token ? `var(${token}, ${fallback})` : fallback})`;
}

export function css([r, g, b]: Rgb, alpha = 1): string {
  return `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)} / ${alpha})`;
}

/** A colour of the theme, weakened towards the ground. */
export function faded(colour: Rgb, theme: Theme, share: number): Rgb {
  return mix(colour, theme.ground, share);
}

function pixelContext(): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  return context;
}
