import { listSheet } from "./list-style";
import { ListSection } from "./list-section";
import type { Plan } from "./plan";
import { SeatStates, type MarkKind } from "./seat-states";
import type { FormatPrice } from "./words";

export interface SeatListOptions {
  plan: Plan;
  formatPrice?: FormatPrice;
}

/**
 * The same seats as on the map, in words: sections that open, rows, and a button for each seat.
 * Only the section that is open has its seats in the document. Events as the map's: `seatpick`
 * {index, seat}, `seatfocus` {index}.
 */
export class SeatList extends EventTarget {
  readonly #root = document.createElement("div");
  readonly #list = document.createElement("div");
  readonly #plan: Plan;
  readonly #states: SeatStates;
  readonly #sections: ListSection[];
  readonly #stale = new Set<number>();
  #request = 0;

  constructor(host: HTMLElement, { plan, formatPrice }: SeatListOptions) {
    super();
    this.#plan = plan;
    this.#states = new SeatStates(plan);
    const shadow = this.#root.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [listSheet()];
    this.#list.className = "list";
    this.#list.append(this.#makeFilter());
    this.#sections = plan.sections.map((section) => {
      const made = new ListSection(section, this.#states, formatPrice);
      made.element.addEventListener("toggle", () => this.#toggled(made));
      this.#list.append(made.element);
      return made;
    });
    this.#list.addEventListener("click", (event) => this.#clicked(event));
    this.#list.addEventListener("keydown", (event) => this.#keyPressed(event));
    this.#list.addEventListener("focusin", (event) => this.#focused(event));
    this.#list.addEventListener("focusout", (event) => this.#left(event));
    shadow.append(this.#list);
    host.append(this.#root);
  }

  setStates(states: Uint8Array): void {
    this.#states.replace(states);
    for (const section of this.#sections) section.update();
    this.#enterRows(this.#sections);
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

  destroy(): void {
    cancelAnimationFrame(this.#request);
    this.#root.remove();
  }

  #makeFilter(): HTMLElement {
    const label = document.createElement("label");
    label.className = "filter";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.addEventListener("change", () => {
      this.#list.toggleAttribute("data-free-only", box.checked);
      for (const section of this.#sections) section.enterRows();
    });
    label.append(box, "Show free seats only");
    return label;
  }

  /** Opening one section closes the others, so that a stadium does not end up in the document. */
  #toggled(section: ListSection): void {
    section.toggled();
    if (!section.element.open) return;
    for (const other of this.#sections) if (other !== section) other.element.open = false;
  }

  #lookDifferent(indices: readonly number[]): void {
    for (const index of indices) this.#stale.add(index);
    if (this.#request === 0 && this.#stale.size > 0) {
      this.#request = requestAnimationFrame(() => this.#refresh());
    }
  }

  #refresh(): void {
    this.#request = 0;
    const sections = new Set<ListSection>();
    for (const index of this.#stale) {
      const seat = this.#plan.seats[index];
      const section = seat && this.#sections[seat.section.nth];
      if (!section) continue;
      section.updateSeat(index);
      sections.add(section);
    }
    this.#stale.clear();
    for (const section of sections) section.updateSummary();
    this.#enterRows(sections);
  }

  /** While only free seats are shown, the one by which Tab enters a row may have just been hidden. */
  #enterRows(sections: Iterable<ListSection>): void {
    if (!this.#list.hasAttribute("data-free-only")) return;
    for (const section of sections) section.enterRows();
  }

  #clicked(event: Event): void {
    const seat = this.#seatOf(event);
    if (seat) this.#emit("seatpick", { index: seat.index, seat });
  }

  #focused(event: Event): void {
    const seat = this.#seatOf(event);
    if (!seat) return;
    this.#sections[seat.section.nth]?.rove(seat);
    this.#emit("seatfocus", { index: seat.index });
  }

  /** A seat that was taken is shown for as long as it has the focus. */
  #left(event: FocusEvent): void {
    const seat = this.#seatOf(event);
    const section = seat && this.#sections[seat.section.nth];
    if (section) this.#enterRows([section]);
    const { relatedTarget } = event;
    const stays = relatedTarget instanceof Element && relatedTarget.closest("[data-index]");
    if (!stays) this.#emit("seatfocus", { index: undefined });
  }

  #keyPressed(event: KeyboardEvent): void {
    const seat = this.#seatOf(event);
    if (!seat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.#sections[seat.section.nth]?.keyPressed(event.key, seat)) event.preventDefault();
  }

  #seatOf({ target }: Event) {
    const button = target instanceof Element ? target.closest<HTMLElement>("[data-index]") : null;
    return button ? this.#plan.seats[Number(button.dataset.index)] : undefined;
  }

  #emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
