import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { poll } from "./poll";

let page: EventTarget & { visibilityState: string };

beforeEach(() => {
  vi.useFakeTimers();
  page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  vi.stubGlobal("document", page);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function show(visibilityState: "visible" | "hidden") {
  page.visibilityState = visibilityState;
  page.dispatchEvent(new Event("visibilitychange"));
}

it("waits from the end of one turn to the beginning of the next", async () => {
  const task = vi.fn(() => new Promise<void>((done) => setTimeout(done, 3000)));
  const stop = poll(task, 5000);

  await vi.advanceTimersByTimeAsync(4999);
  expect(task).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1 + 3000 + 4999);
  expect(task).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(task).toHaveBeenCalledTimes(2);

  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(task).toHaveBeenCalledTimes(2);
});

it("rests while the page is hidden, and looks at once when it is seen again", async () => {
  const task = vi.fn(async () => undefined);
  const stop = poll(task, 5000);

  show("hidden");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(task).toHaveBeenCalledTimes(0);
  show("visible");
  expect(task).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(task).toHaveBeenCalledTimes(2);
  stop();
});

it("does not go on when it is hidden in the middle of a turn", async () => {
  const task = vi.fn(() => new Promise<void>((done) => setTimeout(done, 3000)));
  const stop = poll(task, 5000);
  await vi.advanceTimersByTimeAsync(6000);

  show("hidden");
  await vi.advanceTimersByTimeAsync(60_000);

  expect(task).toHaveBeenCalledTimes(1);
  stop();
});
