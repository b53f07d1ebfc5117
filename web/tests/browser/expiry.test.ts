import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { newPage, useBrowser } from "./support/browser";
import { onSale } from "./support/house";
import { expectOwn, openEvent, seatInList } from "./support/map";

useBrowser();

async function hold(page: Page, ...numbers: string[]): Promise<void> {
  for (const number of numbers) await (await seatInList(page, "A", number)).click();
  const seats = numbers.length === 1 ? "seat" : "seats";
  await page.getByRole("heading", { name: `Your ${numbers.length} ${seats}` }).waitFor();
}

test("a hold that runs out is said, its seats are free, and one tap tries them again", async () => {
  const house = await onSale(2, 6, { hold_ttl_seconds: 15 });
  const page = await newPage();
  await openEvent(page, house);
  await hold(page, "1", "2");

  const news = page.locator("aside");
  await news.getByText(/Your time is up: these seats are back on sale/).waitFor();
  await news.getByText(/Stalls, row A, seats 1 and 2/).waitFor();
  await page.getByText("12 free").first().waitFor();
  await page.getByRole("button", { name: "Try the same 2 seats again" }).click();
  await page.getByRole("heading", { name: "Your 2 seats" }).waitFor();
  await expectOwn(page, "A", "1");
});

test("the time can be extended until the cap, which is said", async () => {
  const house = await onSale(2, 6, { hold_ttl_seconds: 60, hold_lifetime_max_seconds: 64 });
  const page = await newPage();
  await openEvent(page, house);
  await hold(page, "1");

  const button = page.getByRole("button", { name: "Keep longer" });
  const [answer] = await Promise.all([page.waitForResponse(/\/extend$/), button.click()]);

  await page.getByText("the longest possible").waitFor();
  const { placed_at, expires_at } = (await answer.json()) as Record<string, string>;
  expect(Date.parse(expires_at ?? "") - Date.parse(placed_at ?? "")).toBe(64_000);
});

test("a device with a wrong clock counts the service's seconds", async () => {
  const house = await onSale(2, 6);
  const page = await newPage();
  await page.clock.setFixedTime(new Date("2001-01-01T00:00:00Z"));
  await openEvent(page, house);
  await hold(page, "1");

  const timer = page.getByRole("timer", { name: "Time left" });
  await expect.poll(() => timer.innerText()).toMatch(/^(10:00|9:5\d)$/);
  await page.reload();
  await expect.poll(() => timer.innerText()).toMatch(/^9:[345]\d$/);
});

test("a hold that was found expired after a reload can be tried again", async () => {
  const house = await onSale(2, 6, { hold_ttl_seconds: 5 });
  const page = await newPage();
  await openEvent(page, house);
  await hold(page, "1");
  await page.goto("/bookings");
  const watcher = await newPage();
  await openEvent(watcher, house);
  await watcher.getByText("12 free").first().waitFor();

  await page.goto(`/events/${house.eventId}`);

  await page.getByRole("button", { name: "Try the same 1 seat again" }).click();
  await page.getByRole("heading", { name: "Your 1 seat" }).waitFor();
});

test("an event that opens later opens by itself", async () => {
  // Later than the page needs to come up beside other tests.
  const opensAt = new Date(Date.now() + 45_000).toISOString();
  const house = await onSale(2, 6, { sales_open_at: opensAt });
  const page = await newPage();
  await openEvent(page, house);
  await page.getByText("Sales have not opened yet.").waitFor();
  await (await seatInList(page, "A", "1")).click();
  await page.locator("aside").getByText("Sales have not opened yet.").waitFor();

  await page.getByRole("timer", { name: "Time until sales open" }).waitFor({ state: "detached" });
  await page
    .locator(".house")
    .getByText("Sales have not opened yet.")
    .waitFor({ state: "detached" });
  await hold(page, "1");
});

test.each([
  ["pause", "Sales are paused."],
  ["close", "Sales for this event are over."],
  ["cancel", "This event has been cancelled."],
] as const)("after %s the page says so", async (verb, sentence) => {
  const house = await onSale(2, 6);
  const page = await newPage();
  await openEvent(page, house);
  const params = { path: { event_id: house.eventId } };
  await house.owner.POST(`/v1/events/{event_id}/${verb}`, { params });

  await (await seatInList(page, "A", "1")).click();

  await page.locator(".house").getByText(sentence).waitFor();
});
