import { describe, expect, it } from "vitest";
import type { components } from "../../api";
import { compareLayouts, inRuns, isSame } from "./comparison";

type Seat = components["schemas"]["Seat"];

function layout(...seats: Partial<Seat>[]) {
  const whole = seats.map((seat, index) => ({
    index,
    label: "A-1",
    number: "1",
    category: "near",
    x: 0,
    y: 0,
    ...seat,
  }));
  return {
    sections: [
      { key: "A", name: "A", kind: "reserved" as const, rows: [{ label: "A", seats: whole }] },
    ],
  };
}

describe("two versions", () => {
  it("are compared by label, not by place in the list", () => {
    const before = layout({ label: "A-1", x: 0 }, { label: "A-2", x: 1 }, { label: "A-3", x: 2 });
    const after = layout({ label: "A-4", x: 3 }, { label: "A-3", x: 2 }, { label: "A-1", x: 0 });
    expect(compareLayouts(before, after)).toEqual({
      added: ["A-4"],
      removed: ["A-2"],
      moved: [],
      recategorised: [],
      unchangedCount: 2,
    });
  });

  it("say that a seat moved only when it moved by more than a hair", () => {
    const before = layout({ label: "A-1" }, { label: "A-2", x: 1 }, { label: "A-3", x: 2 });
    const after = layout(
      { label: "A-1", x: 0.01, y: 0.01 },
      { label: "A-2", x: 1.03 },
      { label: "A-3", x: 2, y: -4 },
    );
    const { moved, unchangedCount } = compareLayouts(before, after);
    expect(moved).toEqual(["A-2", "A-3"]);
    expect(unchangedCount).toBe(1);
  });

  it("say that a seat is of another category, whether it moved or not", () => {
    const before = layout({ label: "A-1" }, { label: "A-2" });
    const after = layout(
      { label: "A-1", category: "far" },
      { label: "A-2", category: "far", x: 9 },
    );
    const comparison = compareLayouts(before, after);
    expect(comparison.recategorised).toEqual([
      { label: "A-1", before: "near", after: "far" },
      { label: "A-2", before: "near", after: "far" },
    ]);
    expect(comparison.moved).toEqual(["A-2"]);
    expect(comparison.unchangedCount).toBe(0);
  });

  it("are the same when nothing of a seat differs", () => {
    expect(isSame(compareLayouts(layout({}), layout({})))).toBe(true);
    expect(isSame(compareLayouts(layout({}), layout({ label: "B" })))).toBe(false);
  });
});

describe("labels in runs", () => {
  it("join numbers that follow each other in one row", () => {
    const labels = ["S-A-1", "S-A-2", "S-A-3", "S-A-5", "S-B-6", "S-B-7"];
    expect(inRuns(labels)).toEqual(["S-A-1 to S-A-3", "S-A-5", "S-B-6 to S-B-7"]);
  });

  it("leave labels alone that have no number", () => {
    expect(inRuns(["S-A", "S-B"])).toEqual(["S-A", "S-B"]);
    expect(inRuns([])).toEqual([]);
  });
});
