import { beforeEach, expect, test, vi } from "vitest";
import { ProblemError } from "../../api";
import { EventList } from "./list.svelte";

interface Asked {
  params: { query: { q?: string; after?: string } };
}

/** What was asked for, and whether there is a connection. */
const service = vi.hoisted(() => ({ asked: [] as string[], isThere: true }));

vi.mock("../session", () => ({
  open: {
    GET: (_: string, { params: { query } }: Asked) => {
      const asked = `${query.q ?? "all"} ${query.after ?? "start"}`;
      service.asked.push(asked);
      if (!service.isThere) return Promise.reject(new ProblemError("offline"));
      const items = [1, 2].map((nth) => ({ name: `${asked} ${nth}` }));
      const data = { items, next: `after ${asked}` };
      return Promise.resolve({ data, response: new Response() });
    },
  },
}));

beforeEach(() => {
  service.asked = [];
  service.isThere = true;
});

const namesOf = (list: EventList) => list.items.map(({ name }) => name);

test("a search that failed is tried again as it was, and shows what matches alone", async () => {
  const list = new EventList();
  await list.search("");
  service.isThere = false;
  await list.search("trio");
  expect(list.sentence).toMatch(/no connection/);

  service.isThere = true;
  await list.retry();

  expect(service.asked).toEqual(["all start", "trio start", "trio start"]);
  expect(namesOf(list)).toEqual(["trio start 1", "trio start 2"]);
});

test("a further page that failed is tried again, and follows the pages before", async () => {
  const list = new EventList();
  await list.search("trio");
  service.isThere = false;
  await list.more();
  service.isThere = true;
  await list.retry();

  expect(service.asked.slice(1)).toEqual(Array(2).fill("trio after trio start"));
  expect(namesOf(list)).toHaveLength(4);
});
