import { nameOfRow, type PlanRow, type PlanSeat, type PlanSection } from "./plan";
import { SeatButton } from "./seat-button";
import type { SeatStates } from "./seat-states";
import { capitalized, freeInWords, type FormatPrice } from "./words";

/** So many seats are put into the document at once; a button brings more. */
export const SEATS_SHOWN_AT_ONCE = 600;

/** One section of the list; its seats are made when it is opened and thrown away when closed. */
export class ListSection {
  readonly element = document.createElement("details");
  readonly #count = document.createElement("span");
  readonly #buttons = new Map<number, SeatButton>();
  /** The buttons of each row as shown, for the arrow keys. */
  #rows: SeatButton[][] = [];
  #waiting: PlanRow[] = [];

  constructor(
    readonly section: PlanSection,
    readonly states: SeatStates,
    readonly formatPrice: FormatPrice | undefined,
  ) {
    const summary = document.createElement("summary");
    const name = document.createElement("strong");
    name.textContent = section.name;
    summary.append(name, this.#count);
    this.element.append(summary);
    this.updateSummary();
  }

  toggled(): void {
    const isShown = this.#buttons.size > 0;
    if (this.element.open === isShown) return;
    if (this.element.open) this.#open();
    else this.#close();
  }

  update(): void {
    this.updateSummary();
    for (const button of this.#buttons.values()) button.update(this.states);
  }

  updateSummary(): void {
    const free = this.states.freeIn(this.section);
    const text = freeInWords(free, this.section.seatCount);
    if (this.#count.textContent !== text) this.#count.textContent = text;
  }

  updateSeat(index: number): void {
    this.#buttons.get(index)?.update(this.states);
  }

  /** In each row one seat is reached with the Tab key, the others from there with arrows. */
  rove(seat: PlanSeat): void {
    for (const button of this.#rowOf(seat)) {
      button.element.tabIndex = button.seat === seat ? 0 : -1;
    }
  }

  /** A row's entrance may have been hidden: then the first seat that is shown becomes it. */
  enterRows(): void {
    for (const row of this.#rows) {
      const shown = row.filter(isShown);
      if (shown.some(({ element }) => element.tabIndex === 0)) continue;
      for (const { element } of row) element.tabIndex = -1;
      if (shown[0]) shown[0].element.tabIndex = 0;
    }
  }

  /** Answers whether the key means something here. */
  keyPressed(key: string, seat: PlanSeat): boolean {
    const row = this.#rowOf(seat).filter(isShown);
    const nth = row.findIndex((button) => button.seat === seat);
    const nthRow = this.#rows.findIndex((buttons) => buttons.some((it) => it.seat === seat));
    const beside = (rows: SeatButton[][]) => {
      const shown = rows.map((it) => it.filter(isShown)).find((it) => it.length > 0) ?? [];
      return shown[Math.min(nth, shown.length - 1)];
    };
    const targets: Record<string, () => SeatButton | undefined> = {
      ArrowRight: () => row[nth + 1],
      ArrowLeft: () => row[nth - 1],
      Home: () => row[0],
      End: () => row.at(-1),
      ArrowDown: () => beside(this.#rows.slice(nthRow + 1)),
      ArrowUp: () => beside(this.#rows.slice(0, nthRow).reverse()),
    };
    const target = targets[key];
    target?.()?.element.focus();
    return target !== undefined;
  }

  #open(): void {
    this.#waiting = this.section.rows.flatMap(cut);
    this.#showMore();
  }

  #close(): void {
    for (const child of [...this.element.children].slice(1)) child.remove();
    this.#buttons.clear();
    this.#rows = [];
    this.#waiting = [];
  }

  #showMore(): void {
    let shown = 0;
    const parts: HTMLElement[] = [];
    while (this.#waiting.length > 0 && shown < SEATS_SHOWN_AT_ONCE) {
      const row = this.#waiting.shift() as PlanRow;
      parts.push(this.#makeRow(row));
      shown += row.seats.length;
    }
    const firstNew = this.#rows.length;
    this.element.append(...parts);
    if (this.#waiting.length > 0) this.element.append(this.#makeMore(firstNew));
    this.enterRows();
  }

  #makeRow(row: PlanRow): HTMLElement {
    const group = document.createElement("div");
    group.className = "row";
    group.setAttribute("role", "group");
    const name = capitalized(nameOfRow(this.section, row.label));
    if (name) {
      group.setAttribute("aria-label", name);
      const title = document.createElement("p");
      title.textContent = name;
      group.append(title);
    }
    const seats = document.createElement("div");
    seats.className = "seats";
    const buttons = row.seats.map((seat) => {
      const button = new SeatButton(seat, this.formatPrice);
      button.update(this.states);
      this.#buttons.set(seat.index, button);
      return button;
    });
    this.#rows.push(buttons);
    seats.append(...buttons.map(({ element }) => element));
    group.append(seats);
    return group;
  }

  #makeMore(firstShown: number): HTMLElement {
    const more = document.createElement("button");
    more.type = "button";
    more.className = "more";
    more.textContent = "Show more seats";
    more.addEventListener("click", () => {
      const before = this.#rows.length;
      more.remove();
      this.#showMore();
      this.#rows[Math.max(before, firstShown)]?.find(isShown)?.element.focus();
    });
    return more;
  }

  #rowOf(seat: PlanSeat): SeatButton[] {
    return this.#rows.find((row) => row.some((button) => button.seat === seat)) ?? [];
  }
}

function isShown({ element }: SeatButton): boolean {
  return element.checkVisibility?.() ?? true;
}

/** A standing area is one row of thousands. */
function cut(row: PlanRow): PlanRow[] {
  const pieces: PlanRow[] = [];
  for (let start = 0; start < row.seats.length; start += SEATS_SHOWN_AT_ONCE) {
    const seats = row.seats.slice(start, start + SEATS_SHOWN_AT_ONCE);
    pieces.push({ label: row.label, seats });
  }
  return pieces;
}
