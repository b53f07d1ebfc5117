import { beforeEach, expect, test, vi } from "vitest";
import type { BoardCopy, BoardWatcher } from "../../availability";
import type { Plan, SeatMap } from "../../seat-map";
import { LiveHouse } from "./live-house.svelte";

const feed = vi.hoisted(() => ({ watcher: undefined as BoardWatcher | undefined }));

vi.mock("../../availability", () => ({
  watchBoard: (_: string, watcher: BoardWatcher) => {
    feed.watcher = watcher;
    return { close: () => undefined };
  },
}));
vi.mock("../session/session.svelte", () => ({ session: { token: () => undefined } }));

const category = { key: "standard" };
const plan = {
  seatCount: 4,
  seats: [0, 1, 2, 3].map((index) => ({ index, category })),
} as unknown as Plan;

let live: LiveHouse;
let board: Uint8Array;

beforeEach(() => {
  live = new LiveHouse("e1", plan);
  live.start();
});

function snapshot(states: string): void {
  board = new TextEncoder().encode(states);
  feed.watcher?.onSnapshot({ states: board } as BoardCopy);
}

function change(changes: Record<number, string>): void {
  const indices = Object.keys(changes).map(Number);
  for (const index of indices) board[index] = changes[index]?.charCodeAt(0) ?? 0;
  feed.watcher?.onChanges(indices, { states: board } as BoardCopy);
}

test("a booked seat that comes free, and is kept for the waitlist at once, changes the sales", () => {
  snapshot("bb..");
  const before = live.salesRevision;

  change({ 0: "x" });
  live.setKept(new Set([0]));

  expect(live.salesRevision).toBe(before + 1);
  expect(live.stateOf(0)).toBe("kept");
});

test("a seat that is booked while another is cancelled changes the sales", () => {
  snapshot("b...");
  const before = live.salesRevision;
  change({ 0: ".", 1: "b" });
  expect(live.salesRevision).toBe(before + 1);
});

test("a seat that is only held changes no sales", () => {
  snapshot("b...");
  const before = live.salesRevision;
  change({ 1: "h" });
  expect(live.salesRevision).toBe(before);
});

test("before the seats are known a map shows none as free, and nothing is said of any", () => {
  const shown: string[] = [];
  const map = { setStates: (states: Uint8Array) => shown.push(String.fromCharCode(...states)) };

  live.drawOn(map as unknown as SeatMap);
  expect(live.stateOf(0)).toBeUndefined();
  snapshot("b..x");

  expect(shown).toEqual(["????", "b..x"]);
  expect(live.stateOf(0)).toBe("booked");
});
