/** What of a seat its name is made of. */
export interface NamedSeat {
  /** Such as "Stalls, row A". */
  where: string;
  noun: "seat" | "place";
  number: string;
}

/** Such as "Stalls, row A, seats 12 and 13". */
export function nameSeats(seats: NamedSeat[]): string {
  const groups = new Map<string, NamedSeat[]>();
  for (const seat of seats) groups.set(seat.where, [...(groups.get(seat.where) ?? []), seat]);
  return [...groups.values()].map(nameGroup).join("; ");
}

function nameGroup(seats: NamedSeat[]): string {
  const numbers = seats
    .map(({ number }) => number)
    .sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
  const plural = numbers.length > 1 ? "s" : "";
  return `${seats[0]?.where}, ${seats[0]?.noun}${plural} ${listed(numbers)}`;
}

/** A seat of a hold or a booking, where there is no plan to name it by. */
export function nameWithoutPlan(seat: { section: string; row: string; number: string }): NamedSeat {
  const hasRow = seat.row !== "";
  return {
    where: hasRow ? `${seat.section}, row ${seat.row}` : seat.section,
    noun: hasRow ? "seat" : "place",
    number: seat.number,
  };
}

/** Such as "1, 2 and 3". */
export function listed(words: string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/** Such as "1 seat", "2 seats". */
export function countSeats(n: number): string {
  return `${n} ${n === 1 ? "seat" : "seats"}`;
}
