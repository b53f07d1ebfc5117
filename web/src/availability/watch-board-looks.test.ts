import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Service, snapshot, startWatch } from "./testing";
import type { BoardWatch } from "./watch-board";

let service: Service;
let told: string[];
let watch: BoardWatch | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
  service = new Service();
  told = [];
  vi.stubGlobal("fetch", service.fetch);
});

afterEach(() => {
  watch?.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A page that somebody looks at, or nobody. */
class Page {
  readonly #document = Object.assign(new EventTarget(), { visibilityState: "visible" });

  constructor(visibilityState: string) {
    this.#document.visibilityState = visibilityState;
    vi.stubGlobal("document", this.#document);
  }

  async look(visibilityState: string): Promise<void> {
    this.#document.visibilityState = visibilityState;
    this.#document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(0);
  }
}

async function start(): Promise<BoardWatch> {
  return (watch = await startWatch(told));
}

test("the network coming back is not slept through", async () => {
  const window = new EventTarget();
  vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
  const away = () => Promise.reject(new TypeError("Failed to fetch"));
  service.answer(away);
  await start();

  window.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(0);
  expect(service.urls).toHaveLength(2);

  await service.send("snapshot", snapshot);
  window.dispatchEvent(new Event("offline"));
  await vi.advanceTimersByTimeAsync(0);
  expect(told.at(-1)).toBe("lost: This device has no network.");
});

test("a page that nobody looks at waits until somebody does", async () => {
  const page = new Page("hidden");
  await start();
  await service.hangUp();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(service.urls).toHaveLength(1);

  await page.look("visible");
  expect(service.urls).toHaveLength(2);
});

test("a page that nobody has looked at for a while lets its connection go, and resumes when seen", async () => {
  const page = new Page("visible");
  await start();
  await service.send("snapshot", snapshot);
  await page.look("hidden");
  await vi.advanceTimersByTimeAsync(20_000);
  await page.look("visible");
  await vi.advanceTimersByTimeAsync(15_000);
  await service.say(": still here\n\n");
  expect([service.urls.length, service.nOpen]).toEqual([1, 1]);

  await page.look("hidden");
  await vi.advanceTimersByTimeAsync(30_000);
  expect([service.urls.length, service.nOpen, told.at(-1)]).toEqual([1, 0, "connecting"]);
  await vi.advanceTimersByTimeAsync(600_000);
  expect([service.urls.length, service.nAsked]).toEqual([1, 0]);

  await page.look("visible");
  expect(service.urls[1]).toContain("last_event_id=1-5");
  expect(told.slice(-2)).toEqual(["connecting", "live"]);
});

test("somebody who comes back after a sleep is not kept waiting with those who lost their lines", async () => {
  const page = new Page("visible");
  await start();
  await service.say("retry: 4200\n\n");
  await service.send("snapshot", snapshot);
  await vi.advanceTimersByTimeAsync(10_000);
  // Asleep: the clock goes on, and no timer does.
  vi.setSystemTime(Date.now() + 60_000);
  let answer: (response: Response) => void = () => undefined;
  service.answer(() => new Promise((resolve) => (answer = resolve)));

  await page.look("visible");

  expect(service.urls).toHaveLength(2);
  expect(service.urls[1]).toContain("last_event_id=1-5");
  expect(told.at(-1)).toBe("connecting");
  answer(new Response(new ReadableStream()));
  await vi.advanceTimersByTimeAsync(0);
  expect(told.at(-1)).toBe("live");
});

test("a page that was opened behind another lets its connection go too", async () => {
  new Page("hidden");
  await start();
  await service.send("snapshot", snapshot);
  await vi.advanceTimersByTimeAsync(30_000);
  expect([service.urls.length, service.nOpen]).toEqual([1, 0]);
});

test("a page that nobody looks at takes no line when the network comes back", async () => {
  const page = new Page("hidden");
  const window = new EventTarget();
  vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
  await start();
  await service.send("snapshot", snapshot);
  await vi.advanceTimersByTimeAsync(30_000);

  window.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(0);
  expect([service.urls.length, service.nOpen]).toEqual([1, 0]);

  await page.look("visible");
  expect([service.urls.length, service.nOpen]).toEqual([2, 1]);
});

test("where streams do not get through, somebody who comes back is told the seats soon", async () => {
  const page = new Page("visible");
  service.board = snapshot;
  await start();
  await vi.advanceTimersByTimeAsync(5_000);
  await page.look("hidden");
  await vi.advanceTimersByTimeAsync(600_000);
  const { nAsked } = service;
  service.board = { ...snapshot, revision: 6, states: "b..." };

  await page.look("visible");
  await vi.advanceTimersByTimeAsync(5_000);

  expect([service.nAsked, told.at(-1)]).toEqual([nAsked + 1, "snapshot b..."]);
});
