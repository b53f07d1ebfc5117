import { inkOn, parseHex, toHex, type Rgb } from "./colour";
import { categoryMarkPath } from "./draw/category-marks";
import { elementSheet } from "./element-style";
import type { Plan, PlanCategory } from "./plan";
import { freeInWords } from "./words";

const SVG = "http://www.w3.org/2000/svg";

export interface FrameActions {
  zoomBy(factor: number): void;
  showAll(): void;
  toggleList(): void;
}

/** What stands around the map in the web component: legend, buttons, and a line for notes. */
export class ElementFrame {
  readonly map = made("div", "map");
  readonly list = made("div", "list");
  readonly #zoom = made("div", "zoom");
  readonly #legend = made("ul", "legend");
  readonly #counts: HTMLElement[] = [];
  readonly #note = made("p", "note");
  readonly #toggle = document.createElement("button");

  constructor(shadow: ShadowRoot, actions: FrameActions) {
    shadow.adoptedStyleSheets = [elementSheet()];
    const frame = made("div", "frame");
    const bar = made("div", "bar");
    const stage = made("div", "stage");
    this.#zoom.append(
      button("+", "Zoom in", () => actions.zoomBy(1.6)),
      button("−", "Zoom out", () => actions.zoomBy(1 / 1.6)),
      button("⤢", "Show the whole plan", () => actions.showAll()),
    );
    this.#toggle.type = "button";
    this.#toggle.addEventListener("click", () => actions.toggleList());
    this.#note.setAttribute("role", "status");
    this.#note.hidden = true;
    bar.append(this.#legend, this.#toggle);
    stage.append(this.map, this.list, this.#zoom);
    frame.append(bar, stage, this.#note);
    shadow.append(frame);
    this.showList(false);
  }

  showList(isList: boolean): void {
    this.list.hidden = !isList;
    this.map.hidden = this.#zoom.hidden = isList;
    this.#toggle.textContent = isList ? "Show the map" : "Show as a list";
  }

  showLegend({ categories }: Plan, priceOf: (category: PlanCategory) => string | undefined): void {
    this.#counts.length = 0;
    const items = categories.map((category) => {
      const item = document.createElement("li");
      const name = document.createElement("strong");
      name.textContent = category.name;
      const count = document.createElement("span");
      this.#counts.push(count);
      item.append(swatch(category), name, priceOf(category) ?? "", count);
      return item;
    });
    this.#legend.replaceChildren(...items);
  }

  /** `free`: by the categories' place in the plan. */
  showCounts(free: readonly number[]): void {
    for (const [nth, count] of this.#counts.entries()) {
      const text = freeInWords(free[nth] ?? 0);
      if (count.textContent !== text) count.textContent = text;
    }
  }

  note(text: string | undefined, kind: "info" | "error" = "info"): void {
    this.#note.hidden = text === undefined;
    this.#note.dataset.kind = kind;
    if (text !== undefined && this.#note.textContent !== text) this.#note.textContent = text;
  }
}

function swatch({ colour, mark }: PlanCategory): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-2.4 -2.4 4.8 4.8");
  svg.setAttribute("aria-hidden", "true");
  const ground = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ x: -2.4, y: -2.4, width: 4.8, height: 4.8 })) {
    ground.setAttribute(name, String(value));
  }
  ground.setAttribute("fill", colour);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", categoryMarkPath(mark));
  path.setAttribute("fill", toHex(inkOn(parseHex(colour) as Rgb)));
  svg.append(ground, path);
  return svg;
}

function button(text: string, label: string, press: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = text;
  element.setAttribute("aria-label", label);
  element.title = label;
  element.addEventListener("click", press);
  return element;
}

function made(tag: string, className: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}
