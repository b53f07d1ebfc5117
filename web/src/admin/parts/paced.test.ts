import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Paced } from "./paced";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("does at once what is asked first, and once what is asked meanwhile", async () => {
  const task = vi.fn(async () => undefined);
  const paced = new Paced(task, 1000);

  paced.ask();
  paced.ask();
  paced.ask();
  await vi.advanceTimersByTimeAsync(999);
  expect(task).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(task).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(task).toHaveBeenCalledTimes(2);
});

it("does nothing once it is stopped", async () => {
  const task = vi.fn(async () => undefined);
  const paced = new Paced(task, 1000);
  paced.ask();
  paced.ask();

  paced.stop();
  await vi.advanceTimersByTimeAsync(5000);
  paced.ask();

  expect(task).toHaveBeenCalledTimes(1);
});
