import { mapSheet } from "./style";
import { Tooltip } from "./tooltip";

const HELP =
  "Arrow keys move between seats, Home and End go to the ends of a row, Enter picks a seat, " +
  "plus and minus zoom, 0 shows everything, Escape leaves the map.";

/** The map's elements, in a shadow root so that the page's styles do not reach them. */
export class Surface {
  readonly root = document.createElement("div");
  /** Takes the focus and all gestures. */
  readonly element = document.createElement("div");
  readonly canvas = document.createElement("canvas");
  readonly probes = document.createElement("div");
  readonly tooltip = new Tooltip();
  readonly #where = document.createElement("div");
  readonly #live = document.createElement("div");

  constructor(host: HTMLElement, label: string) {
    const shadow = this.root.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [mapSheet()];
    const map = document.createElement("div");
    map.className = "map";
    const help = document.createElement("div");
    help.id = "help";
    help.className = "unseen";
    help.textContent = HELP;
    this.#prepareElement(label);
    this.probes.className = "probes";
    this.probes.setAttribute("aria-hidden", "true");
    this.#where.className = "where";
    this.#where.hidden = true;
    this.#where.setAttribute("aria-hidden", "true");
    this.#live.className = "unseen";
    this.#live.setAttribute("aria-live", "polite");
    map.append(this.element, this.#where, this.tooltip.element, help, this.#live, this.probes);
    shadow.append(map);
    this.root.style.height = "100%";
    host.append(this.root);
  }

  /** Said aloud. */
  say(text: string): void {
    this.#live.textContent = text;
  }

  /** Which part of the plan is shown; nothing hides it. */
  showWhere(text: string | undefined): void {
    this.#where.hidden = text === undefined;
    if (text !== undefined && this.#where.textContent !== text) this.#where.textContent = text;
  }

  /** Attributes that the style sheet asks for. */
  mark(name: "zoomed" | "overSeat" | "draws", isSet: boolean): void {
    if (isSet) this.element.dataset[name] = "";
    else delete this.element.dataset[name];
  }

  remove(): void {
    this.root.remove();
  }

  #prepareElement(label: string): void {
    this.element.className = "surface";
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "application");
    this.element.setAttribute("aria-roledescription", "seat map");
    this.element.setAttribute("aria-label", label);
    this.element.setAttribute("aria-describedby", "help");
    this.canvas.setAttribute("aria-hidden", "true");
    this.element.append(this.canvas);
  }
}
