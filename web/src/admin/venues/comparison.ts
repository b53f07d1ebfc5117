import type { components } from "../../api";

type Layout = Pick<components["schemas"]["Layout"], "sections">;

export interface Comparison {
  /** Labels, in the order of the plan that has them. */
  added: string[];
  removed: string[];
  moved: string[];
  recategorised: { label: string; before: string; after: string }[];
  unchangedCount: number;
}

/** A seat that moved less stands where it stood: templates are rounded to the centimetre. */
const HAIR_METRES = 0.02;

/** The label is the seat: what becomes of each from one version to the next. */
export function compareLayouts(before: Layout, after: Layout): Comparison {
  const old = new Map(seatsOf(before).map((seat) => [seat.label, seat]));
  const comparison: Comparison = {
    added: [],
    removed: [],
    moved: [],
    recategorised: [],
    unchangedCount: 0,
  };
  for (const seat of seatsOf(after)) {
    const was = old.get(seat.label);
    old.delete(seat.label);
    if (!was) {
      comparison.added.push(seat.label);
      continue;
    }
    const hasMoved = Math.hypot(seat.x - was.x, seat.y - was.y) > HAIR_METRES;
    const isOther = seat.category !== was.category;
    if (hasMoved) comparison.moved.push(seat.label);
    if (isOther) {
      const { label } = seat;
      comparison.recategorised.push({ label, before: was.category, after: seat.category });
    }
    if (!hasMoved && !isOther) comparison.unchangedCount += 1;
  }
  comparison.removed = [...old.keys()];
  return comparison;
}

export function isSame(comparison: Comparison): boolean {
  const { added, removed, moved, recategorised } = comparison;
  return added.length + removed.length + moved.length + recategorised.length === 0;
}

function seatsOf(layout: Layout) {
  return layout.sections.flatMap((section) => section.rows.flatMap((row) => row.seats));
}

/**
 * Labels as a person would name them: `STALLS-A-1 to STALLS-A-9` for neighbours in the list whose
 * numbers follow each other.
 */
export function inRuns(labels: string[]): string[] {
  const runs: { first: string; last: string }[] = [];
  for (const label of labels) {
    const run = runs.at(-1);
    if (run && follows(run.last, label)) run.last = label;
    else runs.push({ first: label, last: label });
  }
  return runs.map(({ first, last }) => (first === last ? first : `${first} to ${last}`));
}

function follows(label: string, next: string): boolean {
  const [, row, number] = /^(.*-)(\d+)$/.exec(label) ?? [];
  return row !== undefined && next === `${row}${Number(number) + 1}`;
}
