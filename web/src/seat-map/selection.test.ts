import { expect, test } from "vitest";
import { readPlan } from "./read-plan";
import { sampleLayout } from "./sample-layout";
import { Selection } from "./selection";

const plan = readPlan(sampleLayout({ key: "A", at: [0, 0], rows: 1, seats: 5 }));
const seat = (nth: number) => plan.seats[nth]!;
const states = (text: string) => new TextEncoder().encode(text);

test("a seat is picked and put back", () => {
  const selection = new Selection(2);

  expect(selection.toggle(seat(0), states("....."))).toBe("added");
  expect(selection.toggle(seat(1), states("....."))).toBe("added");
  expect(selection.toggle(seat(2), states("....."))).toBe("full");
  expect(selection.toggle(seat(0), states("....."))).toBe("removed");
  expect(selection.indices).toEqual([1]);
});

test("only free seats can be picked", () => {
  const selection = new Selection(9);

  for (const nth of [0, 1, 2]) expect(selection.toggle(seat(nth), states("hbx.."))).toBe("taken");
});

test("what others take is dropped, what is about to be the buyer's is not", () => {
  const selection = new Selection(9);
  for (const nth of [0, 1, 2]) selection.toggle(seat(nth), states("....."));

  const taken = selection.dropTaken(states("hb..."), new Set([1]));

  expect(taken.map(({ label }) => label)).toEqual(["A-A-1"]);
  expect(selection.indices).toEqual([1, 2]);
});

test("what the buyer has is picked out no more", () => {
  const selection = new Selection(9);
  for (const nth of [0, 1]) selection.toggle(seat(nth), states("....."));

  expect(selection.dropOwn(new Set([1, 2]))).toBe(true);
  expect(selection.indices).toEqual([0]);
  expect(selection.dropOwn(new Set([1, 2]))).toBe(false);
});

test("a list of labels is cut to what there is and may be", () => {
  const selection = new Selection(2);

  selection.replace(["A-A-9", "A-A-1", "A-A-2", "A-A-2", "A-A-3", "A-A-4"], plan, states("b...."));

  expect(selection.seats.map(({ label }) => label)).toEqual(["A-A-2", "A-A-3"]);
  selection.replace(["A-A-1", "A-A-2"], plan, states("bb..."), new Set([0]));
  expect(selection.seats.map(({ label }) => label)).toEqual(["A-A-1"]);
});
