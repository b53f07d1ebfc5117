import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { DARK, expectAccessible, newPage, PHONE, SMALL_PHONE, useBrowser } from "./support/browser";
import { guest, onSale } from "./support/house";
import { book, openEvent, seatInList } from "./support/map";

useBrowser();

test("the first Tab and Enter lead past the header, and no page is left by it", async () => {
  const house = await onSale(2, 6);
  const page = await newPage();
  await openEvent(page, house);
  const pages = await page.evaluate(() => history.length);

  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");

  expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.closest("main")?.id)).toBe("main");
  expect(await page.evaluate(() => history.length)).toBe(pages);
  expect(page.url()).not.toContain("#");
});

/** What the keyboard is at, also inside of components. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at?.textContent ?? "";
  });
}

test("while only free seats are shown, Tab stops in every row that has one, whoever takes seats", async () => {
  const house = await onSale(3, 6);
  const path = { event_id: house.eventId };
  const take = async (seat: string): Promise<void> => {
    const rival = await guest();
    await rival.POST("/v1/events/{event_id}/holds", { params: { path }, body: { seats: [seat] } });
  };
  const page = await newPage();
  await openEvent(page, house);
  const first = await seatInList(page, "A", "1");
  await page.getByLabel("Show free seats only").check();
  await first.focus();
  await take("S-B-1");
  await (await seatInList(page, "B", "1")).waitFor({ state: "hidden" });

  await page.keyboard.press("Tab");
  expect(await focused(page)).toMatch(/^Row B, seat 2,/i);

  await take("S-B-2");
  await expect.poll(() => focused(page)).toMatch(/^Row B, seat 2, .*held by somebody else/i);
  await page.keyboard.press("Tab");
  expect(await focused(page)).toMatch(/^Row C, seat 1,/i);
  await page.keyboard.press("Shift+Tab");
  expect(await focused(page)).toMatch(/^Row B, seat 3,/i);
  await page.getByText("16 free").first().waitFor();
});

const LOOKS: [string, BrowserContextOptions][] = [
  ["light", {}],
  ["dark", DARK],
  ["on a phone", PHONE],
  ["on a small phone in the dark", { ...SMALL_PHONE, ...DARK }],
];

/** Nothing may reach beyond the sides of the screen, or of the sheet at its foot. */
async function expectFine(page: Page): Promise<void> {
  await expectAccessible(page);
  await page.waitForFunction(() => {
    const frames = [document.documentElement, ...document.querySelectorAll("aside")];
    return frames.every(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth);
  });
}

async function openSheet(page: Page): Promise<void> {
  const button = page.getByRole("button", { name: "Continue" });
  if (await button.isVisible()) await button.click();
}

describe.each(LOOKS)("%s", (_, look) => {
  test("the list of events, with and without a find", async () => {
    await onSale(2, 6, {
      name: `An evening with quite a long name ${"Wolkenkuckucksheim".repeat(3)}`,
    });
    const page = await newPage(look);
    await page.goto("/");
    await page
      .getByRole("link", { name: /Wolkenkuckucksheim/ })
      .first()
      .waitFor();
    await expectFine(page);
    await page.getByRole("searchbox").fill("no event is called that");
    await page.getByText("No event has").waitFor();
    await expectFine(page);
  });

  test("an event: map, list, own seats, mistakes, conflict", async () => {
    const house = await onSale(2, 6);
    const page = await newPage(look);
    await openEvent(page, house);
    await expectFine(page);
    const rival = await guest();
    const params = { path: { event_id: house.eventId } };
    await rival.POST("/v1/events/{event_id}/holds", { params, body: { seats: ["S-A-6"] } });
    await page.getByText("11 free").first().waitFor();
    await (await seatInList(page, "A", "1")).click();
    await page
      .getByRole("timer", { name: "Time left" })
      .getByText(/\d:\d\d/)
      .waitFor();
    await expectFine(page);
    await (await seatInList(page, "A", "6")).click();
    await page
      .locator("aside")
      .getByText(/held by somebody else/)
      .waitFor();
    await expectFine(page);
    await openSheet(page);
    await page.getByRole("button", { name: /^Book 1 seat/ }).click();
    await page.getByText("Please say whom the seats are for.").waitFor();
    await expectFine(page);
  });

  test("a hold that ran out", async () => {
    const house = await onSale(2, 6, { hold_ttl_seconds: 5 });
    const page = await newPage(look);
    await openEvent(page, house);
    await (await seatInList(page, "A", "1")).click();
    await page
      .locator("aside")
      .getByText(/Your time is up/)
      .waitFor();
    await expectFine(page);
  });

  test("a sale that is not open", async () => {
    const house = await onSale(2, 6, { sales_open_at: new Date(Date.now() + 3e7).toISOString() });
    const page = await newPage(look);
    await openEvent(page, house);
    await page.locator(".house").getByText("Sales have not opened yet.").waitFor();
    await expectFine(page);
  });

  test("a layout that is garbled", async () => {
    const house = await onSale(2, 6);
    const page = await newPage(look);
    await page.route("**/layout", (route) => route.fulfill({ status: 200, body: "garbage" }));
    await page.goto(`/events/${house.eventId}`);
    await page.getByRole("heading", { name: "The seats cannot be shown" }).waitFor();
    await expectFine(page);
  });

  test("a booking, its cancellation, the list of bookings", async () => {
    const house = await onSale(2, 6);
    const page = await newPage(look);
    await openEvent(page, house);
    await (await seatInList(page, "A", "1")).click();
    await (await seatInList(page, "A", "2")).click();
    await page
      .getByRole("timer", { name: "Time left" })
      .getByText(/\d:\d\d/)
      .waitFor();
    await openSheet(page);
    await book(page);
    await page.waitForURL(/\/bookings\//);
    await page.getByRole("heading", { name: "An evening of trios" }).waitFor();
    await expectFine(page);
    await page.getByRole("button", { name: "Cancel Stalls, row A, seat 1" }).click();
    await page.getByRole("dialog").waitFor();
    await expectFine(page);
    await page.getByRole("button", { name: "Cancel 1 seat" }).click();
    await page.getByText("is given back").first().waitFor();
    await expectFine(page);
    await page.getByRole("link", { name: "My bookings" }).click();
    await page.getByText("Partly cancelled").waitFor();
    await expectFine(page);
  });

  test("a page that is not there", async () => {
    const page = await newPage(look);
    await page.goto("/events/none");
    await page.getByRole("heading", { name: "There is no such event" }).waitFor();
    await expectFine(page);
  });
});
