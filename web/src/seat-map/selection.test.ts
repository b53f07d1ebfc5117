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

test("what others take is dropped, what the buyer holds is not", () => {
  const selection = new Selection(9);
  for (const nth of [0, 1, 2]) selection.toggle(seat(nth), states("....."));

  const taken = selection.dropTaken(states("hb..."), new Set([1]));

  expect(taken.map(({ label }) => label)).toEqual(["A-A-1"]);
  expect(selection.indices).toEqual([1, 2]);
});

test("a list of labels is cut to what there is and may be", () => {
  const selection = new Selection(2);

  selection.replace(["A-A-9", "A-A-1", "A-A-2", "A-A-2", "A-A-3", "A-A-4"], plan, states("b...."));

  expect(selection.seats.map(({ label }) => label)).toEqual(["A-A-2", "A-A-3"]);
});
