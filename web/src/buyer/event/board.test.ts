import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BoardCopy, type BoardWatcher } from "../../availability";
import type { Plan } from "../../seat-map";
import { LiveBoard } from "./board.svelte";

const feed = vi.hoisted(() => ({ watcher: undefined as BoardWatcher | undefined }));

vi.mock("../../availability", async (load) => ({
  ...(await load<typeof import("../../availability")>()),
  watchBoard: (_: string, watcher: BoardWatcher) => {
    feed.watcher = watcher;
    return { close: () => undefined };
  },
}));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("seats that are asked for and are as they were are as of now, and not drawn again", () => {
  const plan = { seatCount: 1, seats: [], categories: [] } as unknown as Plan;
  let nDrawn = 0;
  const onSeats = () => void (nDrawn += 1);
  const board = new LiveBoard("e1", plan, { onSeats, onConnection: () => undefined });
  const copy = new BoardCopy();
  copy.takeSnapshot({ epoch: 1, revision: 1, states: "." });
  feed.watcher?.onConnection("lost");
  feed.watcher?.onSnapshot(copy);
  expect(board.staleSince).toBe(Date.now());

  vi.advanceTimersByTime(15_000);
  feed.watcher?.onSame?.();

  expect([board.staleSince, nDrawn]).toEqual([Date.now(), 1]);
});
