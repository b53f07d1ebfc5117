import { beforeEach, describe, expect, test } from "vitest";
import { BoardCopy } from "./board-copy";
import { FeedError } from "./feed-error";

let copy: BoardCopy;
const text = () => new TextDecoder().decode(copy.states);

beforeEach(() => {
  copy = new BoardCopy();
  copy.takeSnapshot({ epoch: 3, revision: 10, states: "..hbx." });
});

test("a snapshot is the whole truth", () => {
  expect(text()).toBe("..hbx.");
  expect(copy.position).toBe("3-10");
  expect(copy.counts()).toEqual({ free: 3, held: 1, booked: 1, blocked: 1 });
});

test("changes are applied in place, and what they changed is told", () => {
  const { states } = copy;

  const taken = copy.takeChanges({ epoch: 3, revision: 13, changes: { h: [0, 2], ".": [3] } });

  expect(taken).toBe("applied");
  expect(text()).toBe("h.h.x.");
  expect(copy.states).toBe(states);
  expect([...copy.changed].sort()).toEqual([0, 3]);
  expect(copy.position).toBe("3-13");
});

test("changes that it has already are stale", () => {
  expect(copy.takeChanges({ epoch: 3, revision: 10, changes: { b: [0] } })).toBe("stale");
  expect(copy.takeChanges({ epoch: 2, revision: 99, changes: { b: [0] } })).toBe("stale");
  expect(text()).toBe("..hbx.");
});

test("changes of a new epoch, and changes before a snapshot, leave a gap", () => {
  expect(copy.takeChanges({ epoch: 4, revision: 1, changes: { b: [0] } })).toBe("gap");
  expect(text()).toBe("..hbx.");

  expect(new BoardCopy().takeChanges({ epoch: 3, revision: 11, changes: {} })).toBe("gap");
  expect(new BoardCopy().position).toBeUndefined();
});

test("a snapshot of a new epoch begins anew, an older one is passed over", () => {
  copy.takeSnapshot({ epoch: 3, revision: 9, states: "bbbbbb" });
  expect(text()).toBe("..hbx.");

  copy.takeSnapshot({ epoch: 4, revision: 0, states: "......" });
  expect(text()).toBe("......");
  expect(copy.position).toBe("4-0");
});

test("an older snapshot that answers the copy's position is the truth", () => {
  expect(copy.takeSnapshot({ epoch: 3, revision: 9, states: "bbbbbb" }, "3-9")).toBe("stale");
  expect(copy.takeSnapshot({ epoch: 2, revision: 99, states: "bbbbbb" }, "3-10")).toBe("applied");
  expect(text()).toBe("bbbbbb");
  expect(copy.takeChanges({ epoch: 2, revision: 100, changes: { ".": [0] } })).toBe("applied");
});

test("a snapshot of what the copy has already changes nothing", () => {
  const { states } = copy;
  expect(copy.takeSnapshot({ epoch: 3, revision: 10, states: "..hbx." })).toBe("same");
  expect(copy.states).toBe(states);
  expect(copy.takeSnapshot({ epoch: 3, revision: 10, states: "b.hbx." })).toBe("applied");
});

test("changes from before an older snapshot still lead to the same board", () => {
  copy.takeSnapshot({ epoch: 3, revision: 8, states: "......" });

  expect(copy.takeChanges({ epoch: 3, revision: 12, changes: { h: [2], b: [0] } })).toBe("applied");

  expect(text()).toBe("b.hbx.");
});

describe("garbled messages are refused and change nothing", () => {
  const cases: [string, "takeSnapshot" | "takeChanges", unknown][] = [
    ["nothing", "takeSnapshot", null],
    ["text", "takeChanges", "changes"],
    ["no states", "takeSnapshot", { epoch: 3, revision: 11 }],
    ["a strange state", "takeSnapshot", { epoch: 3, revision: 11, states: "..h?x." }],
    ["too many seats", "takeSnapshot", { epoch: 3, revision: 11, states: "......." }],
    ["no epoch", "takeSnapshot", { revision: 11, states: "......" }],
    ["a revision of text", "takeChanges", { epoch: 3, revision: "11", changes: {} }],
    ["half a revision", "takeChanges", { epoch: 3, revision: 11.5, changes: {} }],
    ["no changes", "takeChanges", { epoch: 3, revision: 11 }],
    ["a list of changes", "takeChanges", { epoch: 3, revision: 11, changes: [1] }],
    ["an unknown state", "takeChanges", { epoch: 3, revision: 11, changes: { b: [0], q: [1] } }],
    ["no list", "takeChanges", { epoch: 3, revision: 11, changes: { b: 0 } }],
    ["a seat too far", "takeChanges", { epoch: 3, revision: 11, changes: { b: [0, 6] } }],
    ["a seat of -1", "takeChanges", { epoch: 3, revision: 11, changes: { b: [0, -1] } }],
    ["a seat of text", "takeChanges", { epoch: 3, revision: 11, changes: { b: ["0"] } }],
  ];

  test.each(cases)("%s", (_name, take, message) => {
    expect(() => copy[take](message)).toThrow(FeedError);

    expect(text()).toBe("..hbx.");
    expect(copy.position).toBe("3-10");
  });
});
