import { placeOfSeat, type PlanSeat } from "./plan";
import { FREE, UNKNOWN, type SeatStates } from "./seat-states";
import { capitalized, factsOf, type FormatPrice } from "./words";

/** A seat in the list: a real button that says all about it. */
export class SeatButton {
  readonly element = document.createElement("button");
  readonly #facts = document.createElement("span");

  constructor(
    readonly seat: PlanSeat,
    readonly formatPrice: FormatPrice | undefined,
  ) {
    const { element } = this;
    element.type = "button";
    element.tabIndex = -1;
    element.dataset.index = String(seat.index);
    element.style.setProperty("--category", seat.category.colour);
    const { row, number } = placeOfSeat(seat);
    const before = document.createElement("span");
    before.className = "unseen";
    before.textContent = row ? `${capitalized(row)}, ` : "";
    const name = document.createElement("strong");
    name.textContent = row ? number : capitalized(number);
    const comma = document.createElement("span");
    comma.className = "unseen";
    comma.textContent = ", ";
    this.#facts.className = "facts";
    element.append(before, name, comma, this.#facts);
  }

  update(states: SeatStates): void {
    const { element, seat } = this;
    this.#facts.textContent = factsOf(states, seat, this.formatPrice).join(", ");
    const isOwn = states.isOwn(seat);
    const isPicked = isOwn || states.marked("selected").has(seat.index);
    element.setAttribute("aria-pressed", String(isPicked));
    const state = states.stateOf(seat);
    element.toggleAttribute("data-taken", !isOwn && state !== FREE && state !== UNKNOWN);
    element.toggleAttribute("data-marked", states.marksOf(seat).length > 0);
  }
}
