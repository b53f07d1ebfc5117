import type { Plan, PlanSeat, PlanSection } from "./plan";

/** Stretches of free seats that nothing breaks. */
export function runsOf(
  seats: readonly PlanSeat[],
  isFree: (seat: PlanSeat) => boolean,
): PlanSeat[][] {
  const runs: PlanSeat[][] = [];
  let run: PlanSeat[] = [];
  for (const seat of seats) {
    if (isFree(seat)) run.push(seat);
    if (run.length > 0 && (seat.gapAfter || !isFree(seat))) {
      runs.push(run);
      run = [];
    }
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/**
 * How many free seats are next to each other at most; looks no further once there are `enough`. At
 * places without seats, all places of a row are together.
 */
export function longestRun(
  plan: Plan,
  isFree: (seat: PlanSeat) => boolean,
  enough = Infinity,
): number {
  let longest = 0;
  for (const section of plan.sections) {
    for (const { seats } of section.rows) {
      longest = Math.max(longest, longestIn(section, seats, isFree));
      if (longest >= enough) return longest;
    }
  }
  return longest;
}

function longestIn(
  section: PlanSection,
  seats: PlanSeat[],
  isFree: (seat: PlanSeat) => boolean,
): number {
  if (section.kind === "general_admission") return seats.filter(isFree).length;
  return Math.max(0, ...runsOf(seats, isFree).map((run) => run.length));
}
