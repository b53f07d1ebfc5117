import { nameOfSeat, type PlanSeat, type SeatFlag } from "./plan";
import { BOOKED, FREE, HELD, KEPT, UNKNOWN, type MarkKind, type SeatStates } from "./seat-states";

const FLAG_WORDS: Record<SeatFlag, string> = {
  accessible: "place for a wheelchair",
  companion: "beside a place for a wheelchair",
  restricted_view: "restricted view",
};

const MARK_WORDS: Record<MarkKind, string> = {
  conflict: "somebody else was faster",
  offer: "offered instead",
  selected: "selected",
  added: "new",
  removed: "removed",
  moved: "moved",
};

export type FormatPrice = (seat: PlanSeat) => string | undefined;

export function stateInWords(states: SeatStates, seat: PlanSeat): string {
  if (states.isOwn(seat)) return "yours";
  const state = states.stateOf(seat);
  if (state === FREE) return "free";
  if (state === HELD) return "held by somebody else";
  if (state === KEPT) return "kept for the waitlist";
  if (state === UNKNOWN) return "not known yet";
  return state === BOOKED ? "booked" : "not for sale";
}

export function flagsInWords({ flags }: PlanSeat): string[] {
  return flags.map((flag) => FLAG_WORDS[flag]);
}

export function marksInWords(states: SeatStates, seat: PlanSeat): string[] {
  return states.marksOf(seat).map((kind) => MARK_WORDS[kind]);
}

export type SeatState = "free" | "held" | "booked" | "blocked";

export function stateOfByte(state: number | undefined): SeatState {
  if (state === FREE) return "free";
  if (state === HELD) return "held";
  return state === BOOKED ? "booked" : "blocked";
}

/** Everything about a seat in one sentence, to be read aloud. */
export function describeSeat(
  states: SeatStates,
  seat: PlanSeat,
  formatPrice?: FormatPrice,
): string {
  return [nameOfSeat(seat), ...factsOf(states, seat, formatPrice)].join(", ");
}

/** What is said of a seat besides its name. */
export function factsOf(states: SeatStates, seat: PlanSeat, formatPrice?: FormatPrice): string[] {
  const price = formatPrice?.(seat);
  return [
    seat.category.name,
    ...(price ? [price] : []),
    stateInWords(states, seat),
    ...marksInWords(states, seat),
    ...flagsInWords(seat),
  ];
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const NUMBERS = new Intl.NumberFormat();

/** Where it is not known yet how many are free, only how many there are. */
export function freeInWords(free: number | undefined, total?: number): string {
  if (free === undefined) return total === undefined ? "" : `${NUMBERS.format(total)} seats`;
  if (free === 0) return "sold out";
  const of = total === undefined ? "" : ` of ${NUMBERS.format(total)}`;
  return `${NUMBERS.format(free)}${of} free`;
}
