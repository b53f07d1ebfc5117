import { expect, test } from "vitest";
import { ProblemError } from "../../api";
import { HandClock } from "../holds/testing";
import type { Entry } from "./entry";
import { paceOf, waitAfter, Watch, type Pace } from "./watch";

const PACE: Pace = { everyMs: 10_000, hurriedMs: 1_000 };

/** A watch whose questions are counted; `answer` may be exchanged. */
function watching(random = 0.5) {
  const clock = new HandClock();
  const page = { isSeen: true, nAsked: 0, answer: async (): Promise<Pace | undefined> => PACE };
  const around = { now: clock.now, later: clock.later, random: () => random };
  const watch = new Watch({ ...around, isSeen: () => page.isSeen }, () => {
    page.nAsked += 1;
    return page.answer();
  });
  return { clock, page, watch };
}

function entryWith(changes: Partial<Entry>): Entry {
  return { state: "waiting", ahead: 0, offer: null, ...changes } as Entry;
}

test("an entry is asked for in its pace, and each page at other times", async () => {
  for (const [random, first] of [
    [0, 7_500],
    [1, 12_500],
  ] as const) {
    const { clock, page, watch } = watching(random);
    watch.goOn(PACE);
    await clock.pass(first - 1);
    expect(page.nAsked).toBe(0);
    await clock.pass(1);
    expect(page.nAsked).toBe(1);
    await clock.pass(first);
    expect(page.nAsked).toBe(2);
  }
});

test("a page that nobody sees asks nothing, and asks at once when it is seen again", async () => {
  const { clock, page, watch } = watching();
  watch.goOn(PACE);
  page.isSeen = false;
  await clock.pass(3_600_000);
  expect(page.nAsked).toBe(0);
  page.isSeen = true;
  watch.seen();
  await clock.pass(0);
  expect(page.nAsked).toBe(1);
});

test("hints make it sooner, and any number of them only once a second", async () => {
  const { clock, page, watch } = watching();
  watch.goOn(PACE);
  for (let tick = 0; tick < 50; tick += 1) {
    watch.hurry();
    await clock.pass(100);
  }
  expect(page.nAsked).toBe(5);
});

test("a hint that comes while the question is under way is not lost", async () => {
  const { clock, page, watch } = watching();
  let answer = () => {};
  page.answer = () => new Promise((resolve) => (answer = () => resolve(PACE)));
  watch.goOn(PACE);
  await clock.pass(10_000);
  watch.hurry();
  answer();
  await clock.pass(0);
  expect(page.nAsked).toBe(1);
  await clock.pass(1_000);
  expect(page.nAsked).toBe(2);
});

test("failures make it later each time, and hints do not make it sooner", async () => {
  const { clock, page, watch } = watching();
  page.answer = async () => {
    throw new ProblemError("unavailable");
  };
  watch.goOn(PACE);
  await clock.pass(10_000);
  expect(page.nAsked).toBe(1);
  watch.hurry();
  await clock.pass(1_999);
  expect(page.nAsked).toBe(1);
  await clock.pass(1);
  expect(page.nAsked).toBe(2);
  await clock.pass(3_999);
  expect(page.nAsked).toBe(2);
  page.answer = async () => PACE;
  await clock.pass(1);
  expect(page.nAsked).toBe(3);
  await clock.pass(10_000);
  expect(page.nAsked).toBe(4);
});

test("the service's wish to be left alone is heeded", () => {
  expect(waitAfter(1, new ProblemError("rate_limited", undefined, 30))).toBe(30_000);
  expect(waitAfter(1, new ProblemError("unavailable", undefined, 1))).toBe(2_000);
  expect(waitAfter(20, new Error("a fault"))).toBe(60_000);
});

test("an entry that is over, and a watch that was stopped, ask no more", async () => {
  const { clock, page, watch } = watching();
  page.answer = async () => undefined;
  watch.goOn(PACE);
  await clock.pass(100_000);
  watch.hurry();
  await clock.pass(100_000);
  expect(page.nAsked).toBe(1);
  page.answer = async () => PACE;
  await watch.look();
  watch.stop();
  await clock.pass(100_000);
  expect(page.nAsked).toBe(2);
});

test("the nearer to the front, the more often; ten thousand ask 200 times a second at most", () => {
  const waits = Array.from(
    { length: 10_000 },
    (_, ahead) => paceOf(entryWith({ ahead }))?.everyMs ?? 0,
  );
  expect(waits[0]).toBe(3_000);
  expect(waits.every((wait, nth) => wait >= (waits[nth - 1] ?? 0))).toBe(true);
  expect(waits.reduce((sum, wait) => sum + 1_000 / wait, 0)).toBeLessThan(200);
});

test("what is over needs no pace, and what is just happening a quick one", () => {
  for (const state of ["accepted", "lapsed", "left", "removed"] as const) {
    expect(paceOf(entryWith({ state }))).toBeUndefined();
  }
  const placing = paceOf(entryWith({ state: "offered" }));
  expect(placing?.everyMs).toBeLessThan(2_000);
});
