import { expect, it } from "vitest";
import { ProblemError } from "../../api";
import { Pages, type Page } from "./pages.svelte";

/** A list in pages of two; a cursor is the number of the item that comes next. */
function listOf(items: number[]) {
  const asked: (string | undefined)[] = [];
  const pages = new Pages<number>(async (after): Promise<Page<number>> => {
    asked.push(after);
    const start = Number(after ?? 0);
    const isMore = start + 2 < items.length;
    return { items: items.slice(start, start + 2), next: isMore ? String(start + 2) : null };
  });
  return { pages, asked };
}

it("goes forth and back, and knows where the list ends", async () => {
  const { pages } = listOf([1, 2, 3, 4, 5]);
  expect(pages.isLoaded).toBe(false);
  await pages.first();
  expect(pages.isLoaded).toBe(true);
  expect([pages.items, pages.hasBefore, pages.hasNext]).toEqual([[1, 2], false, true]);

  await pages.next();
  await pages.next();
  expect([pages.items, pages.nth, pages.hasNext]).toEqual([[5], 3, false]);
  await pages.back();
  await pages.back();
  await pages.back();

  expect([pages.items, pages.nth]).toEqual([[1, 2], 1]);
});

it("reads again only the page that is shown", async () => {
  const { pages, asked } = listOf([1, 2, 3, 4, 5]);
  await pages.first();
  await pages.next();

  await pages.refresh();

  expect(asked).toEqual([undefined, "2", "2"]);
  expect(pages.items).toEqual([3, 4]);
});

it("gives way to the page before when nothing is left of it", async () => {
  const items = [1, 2, 3];
  const { pages } = listOf(items);
  await pages.first();
  await pages.next();

  items.pop();
  await pages.refresh();

  expect([pages.items, pages.nth, pages.hasNext]).toEqual([[1, 2], 1, false]);
});

it("keeps what is shown when reading fails, and says so", async () => {
  let hasFailed = false;
  const pages = new Pages<number>(async () => {
    if (hasFailed) throw new ProblemError("offline");
    return { items: [1], next: null };
  });
  await pages.first();
  hasFailed = true;

  await pages.refresh();
  expect(pages.items).toEqual([1]);
  expect(pages.failure).toMatch(/no connection/);
  hasFailed = false;
  await pages.refresh();

  expect(pages.failure).toBe("");
});

it("shows what was asked for last, whatever arrives last", async () => {
  const answers: ((page: Page<number>) => void)[] = [];
  const pages = new Pages<number>(() => new Promise((answer) => answers.push(answer)));
  const first = pages.first();
  const again = pages.refresh();

  answers[1]?.({ items: [2], next: null });
  answers[0]?.({ items: [1], next: null });
  await Promise.all([first, again]);

  expect(pages.items).toEqual([2]);
});
