import { expect, test } from "vitest";
import { readPlan } from "./read-plan";
import { sampleLayout } from "./sample-layout";
import { SeatStates, unknownStates } from "./seat-states";
import { describeSeat, freeInWords } from "./words";

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

test("of a board that is not known yet nothing is said to be free, or taken", () => {
  const states = new SeatStates(plan);
  states.replace(unknownStates(plan));
  expect(free(states)).toEqual([undefined, undefined]);
  expect(describeSeat(states, plan.seats[0]!)).toMatch(/, not known yet$/);
  expect([freeInWords(undefined), freeInWords(undefined, 200)]).toEqual(["", "200 seats"]);

  states.replace(new TextEncoder().encode("hb.x."));
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
