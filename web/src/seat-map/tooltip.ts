import type { Point } from "./geometry";

const AWAY_PIXELS = 16;
const EDGE_PIXELS = 6;

/** A small sheet beside the pointer or the focused seat. The same is said aloud elsewhere. */
export class Tooltip {
  readonly element = document.createElement("div");
  readonly #title = document.createElement("strong");
  readonly #facts = document.createElement("span");
  /** What it points at. */
  at: Point = { x: 0, y: 0 };

  constructor() {
    this.element.className = "tooltip";
    this.element.setAttribute("aria-hidden", "true");
    this.element.hidden = true;
    this.element.append(this.#title, this.#facts);
  }

  show(title: string, facts: readonly string[], at: Point, room: { width: number }): void {
    this.at = at;
    const text = facts.join(" · ");
    if (this.#title.textContent !== title) this.#title.textContent = title;
    if (this.#facts.textContent !== text) this.#facts.textContent = text;
    this.element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = Math.max(
      EDGE_PIXELS,
      Math.min(at.x - width / 2, room.width - width - EDGE_PIXELS),
    );
    const above = at.y - height - AWAY_PIXELS;
    const top = above >= EDGE_PIXELS ? above : at.y + AWAY_PIXELS;
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
