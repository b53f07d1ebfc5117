import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Bell } from "./bell.svelte";

interface Asked {
  after: string | undefined;
  answer: (items: string[], next?: string) => void;
}

/** Pages that the test answers by hand; counts are answered with nothing. */
const service = vi.hoisted(() => ({ asked: [] as Asked[] }));

vi.mock("../session", () => ({ guests: { current: "token" }, isKnown: () => true }));
vi.mock("../../api", async (load) => ({
  ...(await load<typeof import("../../api")>()),
  connect: () => ({
    GET: (_: string, { params: { query } }: { params: { query: Record<string, unknown> } }) => {
      if (query["limit"] === 1) return Promise.resolve({ data: { unread_count: 0, items: [] } });
      return new Promise((resolve) => {
        const answer = (ids: string[], next: string | null = null) => {
          const items = ids.map((notification_id) => ({ notification_id }));
          resolve({ data: { items, next, unread_count: 0 } });
        };
        service.asked.push({ after: query["after"] as string | undefined, answer });
      });
    },
  }),
}));

let bell: Bell;

beforeEach(() => {
  service.asked = [];
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
  bell = new Bell();
});

afterEach(() => {
  bell.close();
  vi.unstubAllGlobals();
});

const shown = () => bell.items.map(({ notification_id }) => notification_id);

test("a page that was asked for twice is shown once", async () => {
  const first = bell.load();
  service.asked[0]?.answer(["a", "b"], "b");
  await first;

  const both = [bell.load("b"), bell.load("b")];
  for (const { answer } of service.asked.slice(1)) answer(["c"]);
  await Promise.all(both);

  expect(shown()).toEqual(["a", "b", "c"]);
});

test("the newest question's answer is shown, whichever comes first", async () => {
  const older = bell.load();
  const newer = bell.load();
  service.asked[1]?.answer(["new", "old"]);
  await newer;
  expect(bell.isLoading).toBe(false);
  service.asked[0]?.answer(["old"]);
  await older;

  expect(shown()).toEqual(["new", "old"]);
});
