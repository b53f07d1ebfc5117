import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fetchLayout } from "./fetch-layout";

type Answer = (signal: AbortSignal) => Response | Promise<Response>;

let answers: Answer[];
let nAsked: number;
let nDelays: number;
let page: AbortController;

const layout = () => Response.json({ name: "House" });
const away = () => Promise.reject(new TypeError("Failed to fetch"));
const refuse =
  (status: number, headers = {}) =>
  () =>
    new Response("", { status, headers });
const never: Answer = (signal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
  nAsked = nDelays = 0;
  page = new AbortController();
  vi.stubGlobal("fetch", async (_: string, { signal }: { signal: AbortSignal }) => {
    nAsked++;
    return (answers.shift() ?? layout)(signal);
  });
});

afterEach(() => {
  page.abort();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function ask(...given: Answer[]): Promise<unknown> {
  answers = given;
  const asked = fetchLayout("https://host", "e1", page.signal, () => nDelays++);
  return asked.catch((error: unknown) => error);
}

test("a plan that does not come is asked for again, less and less often", async () => {
  const asked = ask(away, refuse(503), refuse(429, { "Retry-After": "7" }));
  await vi.advanceTimersByTimeAsync(500);
  expect(nAsked).toBe(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([nAsked, nDelays]).toEqual([3, 1]);
  await vi.advanceTimersByTimeAsync(7_000);
  expect(nAsked).toBe(3);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await asked).toEqual({ name: "House" });
});

test("a plan whose answer never comes, or stops in the middle, is asked for again", async () => {
  const halved = (signal: AbortSignal) =>
    new Response(
      new ReadableStream({
        start: (body) => {
          body.enqueue(new TextEncoder().encode('{"name": '));
          signal.addEventListener("abort", () => body.error(signal.reason));
        },
      }),
    );
  const asked = ask(never, halved);
  await vi.advanceTimersByTimeAsync(20_500);
  expect(nAsked).toBe(2);
  await vi.advanceTimersByTimeAsync(21_000);
  expect(nAsked).toBe(3);
  expect(await asked).toEqual({ name: "House" });
});

test("what is refused for good, or is no plan, is not asked for again", async () => {
  const message = (error: unknown) => (error as Error).message;
  expect(message(await ask(refuse(404)))).toBe("There is no such event.");
  expect(message(await ask(() => new Response("<html>")))).toMatch(/no JSON/);
  expect(await ask(refuse(403))).toBeInstanceOf(Error);
  expect([nAsked, nDelays]).toEqual([3, 0]);
});

test("a map that is gone asks no more", async () => {
  const asked = ask(away);
  await vi.advanceTimersByTimeAsync(0);
  page.abort(new Error("gone"));
  expect(await asked).toEqual(new Error("gone"));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(nAsked).toBe(1);
});
