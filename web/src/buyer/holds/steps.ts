import type { HoldRecord, Phase, SeatLabel } from "./model";

/** What is known of a hold between two steps. */
export interface Situation {
  record: HoldRecord;
  adding: ReadonlySet<SeatLabel>;
  removing: ReadonlySet<SeatLabel>;
  /** The service may know another hold than the record: its answer was lost, or a tab changed it. */
  isUncertain: boolean;
  wantsExtension: boolean;
  ending: "expired" | "lost" | undefined;
}

export type Step =
  | { do: "confirm" }
  | { do: "place"; key?: string; seats: SeatLabel[] }
  | { do: "find" }
  | { do: "release" }
  | { do: "change"; add: SeatLabel[]; remove: SeatLabel[] }
  | { do: "extend" }
  | { do: "rest" };

/**
 * The one request that comes next. What was sent and not answered goes first and unchanged; wishes
 * that came meanwhile become one request after it.
 */
export function nextStep({ record, ...now }: Situation): Step {
  if (record.bookingId) return { do: "rest" };
  if (record.confirming && record.hold) return { do: "confirm" };
  if (record.placing) return { do: "place", ...record.placing };
  if (!record.hold) {
    return now.adding.size > 0 ? { do: "place", seats: [...now.adding] } : { do: "rest" };
  }
  if (now.isUncertain) return { do: "find" };
  const add = [...now.adding].filter((seat) => !record.hold?.seats.includes(seat));
  const remove = record.hold.seats.filter((seat) => now.removing.has(seat));
  if (add.length === 0 && remove.length === record.hold.seats.length) return { do: "release" };
  if (add.length + remove.length > 0) return { do: "change", add, remove };
  return now.wantsExtension ? { do: "extend" } : { do: "rest" };
}

export function phaseOf(now: Situation): Phase {
  const { record } = now;
  if (record.bookingId) return "booked";
  if (record.confirming) return "confirming";
  if (record.hold) return nextStep(now).do === "rest" ? "held" : "changing";
  if (record.placing || now.adding.size > 0) return "placing";
  return now.ending ?? "none";
}

/** The seats that the buyer has or is about to have, the newest last. */
export function seatsWanted({ record, adding, removing }: Situation): SeatLabel[] {
  const sure = record.hold?.seats ?? record.placing?.seats ?? [];
  const seats = new Set([...sure, ...adding]);
  return [...seats].filter((seat) => !removing.has(seat));
}
