import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Service, snapshot, startWatch } from "./testing";
import { watchBoard, type BoardWatch } from "./watch-board";

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

async function start(token?: string): Promise<BoardWatch> {
  return (watch = await startWatch(told, token));
}

test("a snapshot, then changes", async () => {
  await start("secret");
  await service.send("snapshot", snapshot);
  await service.send("changes", { epoch: 1, revision: 6, changes: { h: [2] } });
  await service.send("changes", { epoch: 1, revision: 6, changes: { b: [2] } });

  expect(told).toEqual(["connecting", "snapshot ....", "changes 2 ..h."].toSpliced(1, 0, "live"));
  expect(service.urls).toEqual(["https://host/v1/events/e1/live"]);
  expect(service.headers[0]?.get("Authorization")).toBe("Bearer secret");
});

test("a lost line is resumed where it broke", async () => {
  await start();
  await service.send("snapshot", snapshot);
  await service.send("changes", { epoch: 1, revision: 6, changes: { h: [2] } });
  await service.hangUp();
  expect(told.at(-1)).toBe("lost: The service has ended the connection.");

  await vi.advanceTimersByTimeAsync(500);

  expect(service.urls[1]).toBe("https://host/v1/events/e1/live?last_event_id=1-6");
  expect(told.at(-1)).toBe("live");
});

test("a line that had lived is taken up after the wait that the service asked for", async () => {
  await start();
  service.answer(() => Promise.reject(new TypeError("Failed to fetch")));
  await service.say("retry: 4200\n\n");
  await service.send("snapshot", snapshot);
  await vi.advanceTimersByTimeAsync(10_000);
  await service.hangUp();

  await vi.advanceTimersByTimeAsync(4_199);
  expect(service.urls).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(service.urls).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(service.urls).toHaveLength(3);
});

test("no service has its viewers wait for ever", async () => {
  await start();
  await service.say("retry: 86400000\n\n");
  await service.send("snapshot", snapshot);
  await service.hangUp();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(service.urls).toHaveLength(2);
});

test("where the service has lost what the copy had, its snapshot is the truth", async () => {
  await start();
  await service.send("snapshot", { epoch: 1, revision: 9, states: "bb.." });
  await service.hangUp();
  await vi.advanceTimersByTimeAsync(500);
  expect(service.urls[1]).toContain("last_event_id=1-9");

  await service.send("snapshot", { epoch: 1, revision: 5, states: "...." });
  await service.send("changes", { epoch: 1, revision: 6, changes: { h: [2] } });

  expect(told.slice(-2)).toEqual(["snapshot ....", "changes 2 ..h."]);
});

test("after a garbled message nothing is thrown, and a snapshot is asked for", async () => {
  await start();
  await service.send("snapshot", snapshot);
  await service.send("changes", "{nonsense");
  expect(told.at(-1)).toBe("lost: A message of the feed is no JSON.");

  await vi.advanceTimersByTimeAsync(500);

  expect(service.urls[1]).toBe("https://host/v1/events/e1/live");
  await service.send("snapshot", { epoch: 1, revision: 5, states: "b..." });
  expect(told.at(-1)).toBe("snapshot b...");
});

test("a service that keeps sending nonsense is asked less and less often", async () => {
  await start();
  for (let nth = 0; nth < 6; nth++) {
    await service.send("snapshot", snapshot);
    await service.send("changes", { changes: 1 });
    await vi.advanceTimersByTimeAsync(500 * 2 ** nth);
  }
  expect(service.urls).toHaveLength(7);
});

test("changes of a new epoch lead to a snapshot at once, without an alarm", async () => {
  await start();
  await service.send("snapshot", snapshot);
  await service.send("changes", { epoch: 2, revision: 1, changes: { h: [0] } });
  await vi.advanceTimersByTimeAsync(0);
  await service.send("snapshot", { epoch: 2, revision: 1, states: "h..." });

  expect(told).toEqual(["connecting", "live", "snapshot ....", "snapshot h..."]);
  expect(service.urls[1]).not.toContain("last_event_id");
});

test("a silent line is given up, a heartbeat keeps it", async () => {
  await start();
  await service.send("snapshot", snapshot);
  for (let nth = 0; nth < 10; nth++) {
    await vi.advanceTimersByTimeAsync(15_000);
    await service.say(": still here\n\n");
  }
  expect(service.urls).toHaveLength(1);

  await vi.advanceTimersByTimeAsync(40_000);
  expect(told.at(-1)).toBe("lost: The service has fallen silent.");
  await vi.advanceTimersByTimeAsync(500);
  expect(service.urls[1]).toContain("last_event_id=1-5");
});

test("waits grow while the service is away", async () => {
  const away = () => Promise.reject(new TypeError("Failed to fetch"));
  service.answer(away, away, away, away);
  await start();
  expect(told.at(-1)).toBe("lost: There is no connection to the service.");

  for (const [wait, calls] of [
    [500, 2],
    [1000, 3],
    [2000, 4],
    [3999, 4],
    [1, 5],
  ] as const) {
    await vi.advanceTimersByTimeAsync(wait);
    expect(service.urls).toHaveLength(calls);
  }
});

test("what the service answers decides on the wait", async () => {
  const headers = { "Retry-After": "7" };
  service.answer(
    () => new Response("", { status: 503, headers }),
    () => new Response("", { status: 429 }),
    () => new Response("", { status: 404 }),
  );
  await start();
  expect(told.at(-1)).toBe("lost: The service is busy.");
  await vi.advanceTimersByTimeAsync(7_000);
  expect(service.urls).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(250);
  expect(told.at(-1)).toBe("lost: Too many seat maps are watched from here.");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told.at(-1)).toBe("lost: This event cannot be watched.");
  await vi.advanceTimersByTimeAsync(59_999);
  expect(service.urls).toHaveLength(3);
});

test("while the stream is refused the board is asked for, and what is asked for is no connection", async () => {
  const headers = { "Retry-After": "600" };
  service.answer(() => new Response("", { status: 429, headers }));
  service.board = snapshot;
  await start();
  const refused = "lost: Too many seat maps are watched from here.";
  expect(told).toEqual(["connecting", refused, "snapshot ...."]);

  service.board = { ...snapshot, revision: 7, states: "b..." };
  await vi.advanceTimersByTimeAsync(15_000);
  expect(told.at(-1)).toBe("snapshot b...");
  service.board = snapshot;
  await vi.advanceTimersByTimeAsync(15_000);
  expect([service.nAsked, told.length]).toEqual([3, 4]);

  await vi.advanceTimersByTimeAsync(600_000);
  await service.send("changes", { epoch: 1, revision: 8, changes: { h: [1] } });
  expect(service.urls.at(-1)).toContain("last_event_id=1-7");
  expect(told.slice(4)).toEqual(["live", "changes 1 bh.."]);
  const { nAsked } = service;
  await vi.advanceTimersByTimeAsync(35_000);
  expect(service.nAsked).toBe(nAsked);
});

test("a board that is asked for, and is as it was, is drawn no more", async () => {
  service.answer(() => new Response("", { status: 429, headers: { "Retry-After": "600" } }));
  service.board = snapshot;
  await start();
  expect(told.at(-1)).toBe("snapshot ....");
  const before = told.length;

  await vi.advanceTimersByTimeAsync(15_000);
  expect([service.nAsked, told.slice(before)]).toEqual([2, ["the same"]]);
});

test("nobody is sent away from asking for longer than ten minutes", async () => {
  const headers = { "Retry-After": "86400" };
  service.answer(() => new Response("", { status: 429, headers }));
  service.board = new Response("", { status: 503, headers });
  await start();
  expect(service.nAsked).toBe(1);

  service.board = snapshot;
  await vi.advanceTimersByTimeAsync(600_000);
  expect([service.nAsked, told.at(-1)]).toEqual([2, "snapshot ...."]);
});

test("a stream that something holds back is not taken for a live one", async () => {
  service.board = snapshot;
  await start();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toEqual(["connecting", "snapshot ...."]);

  await vi.advanceTimersByTimeAsync(120_000);
  expect(service.urls.length).toBeGreaterThan(2);
  expect(told).not.toContain("live");
  expect(service.nAsked).toBeGreaterThan(7);
});

test("a plain question goes on being asked when it fails, and never of what is not there", async () => {
  const away = () => Promise.reject(new TypeError("Failed to fetch"));
  service.answer(away, away, away, () => new Response("", { status: 404 }));
  await start();
  expect(service.nAsked).toBe(1);
  await vi.advanceTimersByTimeAsync(500 + 1_000 + 2_000);
  expect(told.at(-1)).toBe("lost: This event cannot be watched.");
  await vi.advanceTimersByTimeAsync(59_000);
  expect(service.nAsked).toBe(1);
});

test("a closed watch is quiet for good", async () => {
  const open = await start();
  await service.send("snapshot", snapshot);
  open.close();
  const before = told.length;
  await vi.advanceTimersByTimeAsync(600_000);

  expect(told).toHaveLength(before);
  expect(service.urls).toHaveLength(1);
});

test("a page's own mistake does not end the feed", async () => {
  const reported: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
  watch = watchBoard("e1", {
    onSnapshot: () => {
      throw new Error("mistake");
    },
    onChanges: (indices) => told.push(indices.join()),
    onConnection: () => undefined,
  });
  await vi.advanceTimersByTimeAsync(0);
  await service.send("snapshot", snapshot);
  await service.send("changes", { epoch: 1, revision: 6, changes: { h: [1] } });

  expect(reported).toEqual([new Error("mistake")]);
  expect(told).toEqual(["1"]);
});
