import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { newPage, useBrowser } from "./support/browser";
import { guest, onSale, type House } from "./support/house";
import { book, bookedOn, expectOwn, openEvent, seatInList } from "./support/map";

useBrowser();

const ONE = { name: "Your 1 seat" };

test("of two browsers that want one seat at once, one gets it and the other is told", async () => {
  const house = await onSale(2, 6);
  const pages = [await newPage(), await newPage()];
  for (const page of pages) await openEvent(page, house);
  const seats = await Promise.all(pages.map((page) => seatInList(page, "A", "3")));

  await Promise.all(seats.map((seat) => seat.click()));

  const told = /Somebody was faster|held by somebody else at the moment/;
  const outcomes = () =>
    Promise.all(
      pages.map(async (page) => {
        const has = await page.getByRole("heading", ONE).isVisible();
        const isTold = await page.locator("aside").getByText(told).isVisible();
        return `${has ? "has" : "has not"}, ${isTold ? "told" : "not told"}`;
      }),
    );
  // Both are shown the seat as theirs until the service has spoken.
  await expect
    .poll(async () => (await outcomes()).toSorted(), { timeout: 10_000 })
    .toEqual(["has not, told", "has, not told"]);
});

test("a conflict names the seat and offers the nearest free one, taken with one tap", async () => {
  const house = await onSale(2, 6);
  const page = await newPage();
  await openEvent(page, house);
  const seat = await seatInList(page, "A", "3");
  await takeFirst(page, house, "**/holds", "S-A-3");

  await seat.click();

  const news = page.locator("aside");
  await news.getByText("Somebody was faster: Stalls, row A, seat 3 has just been taken.").waitFor();
  await news.getByText(/The nearest free seat:\s+Stalls, row A, seat [24]/).waitFor();
  await page.getByRole("button", { name: "Take it instead" }).click();
  await page.getByRole("heading", ONE).waitFor();
  await book(page);
  const booking = await bookedOn(page, house);
  expect(booking.seats.map(({ seat }) => seat)).toEqual([expect.stringMatching(/^S-A-[24]$/)]);
});

test("a seat that goes while others are held leaves those alone", async () => {
  const house = await onSale(2, 6);
  const page = await newPage();
  await openEvent(page, house);
  await (await seatInList(page, "A", "1")).click();
  await page.getByRole("heading", ONE).waitFor();
  await takeFirst(page, house, "**/holds/*", "S-A-2");

  await (await seatInList(page, "A", "2")).click();

  await page
    .locator("aside")
    .getByText(/Somebody was faster/)
    .waitFor();
  await page.getByRole("heading", ONE).waitFor();
  await expectOwn(page, "A", "1");
});

test("what one browser takes is seen in the other at once, and what it lets go, too", async () => {
  const house = await onSale(2, 6);
  const [buyer, watcher] = [await newPage(), await newPage()];
  await openEvent(buyer, house);
  await openEvent(watcher, house);
  const seat = await seatInList(buyer, "B", "2");
  await seat.click();
  await watcher.getByText("11 free").first().waitFor();
  const seen = await seatInList(watcher, "B", "2");
  await expect.poll(() => seen.innerText()).toContain("held by somebody else");
  await seen.click();
  await watcher
    .locator("aside")
    .getByText(/held by somebody else/)
    .waitFor();
  await seat.click();
  await watcher.getByText("12 free").first().waitFor();
});

/** A rival who is faster by exactly one request of the page. */
async function takeFirst(page: Page, house: House, url: string, seat: string): Promise<void> {
  const rival = await guest();
  const params = { path: { event_id: house.eventId } };
  let isTaken = false;
  await page.route(url, async (route) => {
    if (!isTaken) {
      isTaken = true;
      await rival.POST("/v1/events/{event_id}/holds", { params, body: { seats: [seat] } });
    }
    await route.continue();
  });
}
