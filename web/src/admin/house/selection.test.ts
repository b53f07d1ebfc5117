import { describe, expect, it } from "vitest";
import {
  batches,
  countStates,
  howChosen,
  inState,
  stateOf,
  toggled,
  toggledAll,
} from "./selection";

const STATES = new TextEncoder().encode(".h.bx.?w");

describe("chosen seats", () => {
  it("are counted by state; what is not known counts as not for sale", () => {
    expect(countStates(STATES, [0, 1, 2, 3, 4, 5, 6, 7, 99])).toEqual({
      free: 3,
      held: 1,
      booked: 1,
      blocked: 3,
      kept: 1,
    });
    expect(stateOf(STATES, 1)).toBe("held");
  });

  it("come and go by pointing at them, without changing the former choice", () => {
    const before = new Set([1]);
    expect([...toggled(before, 2)]).toEqual([1, 2]);
    expect([...toggled(before, 1)]).toEqual([]);
    expect([...before]).toEqual([1]);
  });

  it("are completed by row, then let go as a whole", () => {
    const row = [3, 4, 5];
    const whole = toggledAll(new Set([1, 4]), row);
    expect([...whole].sort()).toEqual([1, 3, 4, 5]);
    expect([...toggledAll(whole, row)]).toEqual([1]);
    expect([...toggledAll(new Set([1]), [])]).toEqual([1]);
  });

  it("fill a row wholly, in part, or not", () => {
    expect(howChosen(new Set([3, 4]), [3, 4])).toBe("all");
    expect(howChosen(new Set([3]), [3, 4])).toBe("some");
    expect(howChosen(new Set([9]), [3, 4])).toBe("none");
  });

  it("are told apart by state, in the plan's order", () => {
    expect(inState(STATES, new Set([5, 3, 0]), "free")).toEqual([0, 5]);
  });

  it("go to the service in batches that it takes", () => {
    const sizes = batches(Array.from({ length: 1201 }, (_, n) => n)).map((batch) => batch.length);
    expect(sizes).toEqual([500, 500, 201]);
    expect(batches([])).toEqual([]);
  });
});
