import { expect, test } from "vitest";
import { readPlan } from "./read-plan";
import { sampleLayout } from "./sample-layout";
import { SeatStates } from "./seat-states";
import { describeSeat } from "./words";

const plan = readPlan(
  sampleLayout(
    { key: "A", at: [0, 0], rows: 1, seats: 3 },
    { key: "B", at: [0, 3], rows: 1, seats: 2 },
  ),
);
const free = (states: SeatStates) => plan.sections.map((section) => states.freeIn(section));

test("free seats of sections are counted through snapshots and changes", () => {
  const states = new SeatStates(plan);
  expect(free(states)).toEqual([3, 2]);

  const bytes = new TextEncoder().encode("hb.x.");
  states.replace(bytes);
  expect(free(states)).toEqual([1, 1]);

  bytes.set(new TextEncoder().encode(".bbx."));
  states.count([0, 2, 2, 999]);
  expect(free(states)).toEqual([1, 1]);
});

test("states of another plan are refused", () => {
  const states = new SeatStates(plan);

  expect(() => states.replace(new Uint8Array(4))).toThrow(/5 seats, but there are states of 4/);
});

test("setting marks tells which seats look different", () => {
  const states = new SeatStates(plan);

  expect(states.setMarked([0, 1], "conflict")).toEqual([0, 1]);
  expect(states.setMarked([1, 2, 77], "conflict")).toEqual([0, 2]);
  expect(states.setMarked([], "conflict")).toEqual([1, 2]);
  expect(() => states.setMarked([], "sofa" as never)).toThrow(/no mark "sofa"/);
});

test("a seat is described in words", () => {
  const states = new SeatStates(plan);
  states.replace(new TextEncoder().encode(".hbx."));
  const describe = (nth: number) => describeSeat(states, plan.seats[nth]!, () => "90.00 €");
  states.setOwn([4]);
  states.setMarked([1], "conflict");

  expect(describe(0)).toBe("Block A, row A, seat 1, Gold, 90.00 €, free");
  expect(describe(1)).toMatch(/held by somebody else, somebody else was faster$/);
  expect(describe(2)).toMatch(/booked$/);
  expect(describe(3)).toMatch(/not for sale$/);
  expect(describe(4)).toMatch(/yours$/);
  states.replace(new TextEncoder().encode("w...."));
  expect(describe(0)).toMatch(/kept for the waitlist$/);
  expect(free(states)).toEqual([2, 2]);
});
