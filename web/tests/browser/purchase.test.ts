import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { newPage, newTab, PHONE, useBrowser } from "./support/browser";
import { onSale, type House } from "./support/house";
import {
  book,
  bookedOn,
  bookingsOf,
  expectOwn,
  openEvent,
  placeOf,
  seatInList,
} from "./support/map";

useBrowser();

const SEATS = ["Stalls, row B, seat 4", "Stalls, row B, seat 5"];

test("two seats with the mouse, from the list of events to the booking and back", async () => {
  const house = await onSale(4, 10, { name: `Trios for ${process.pid}` });
  const page = await newPage();
  await page.goto("/");
  await page.getByRole("searchbox").fill(`trios FOR ${process.pid}`);
  await page.getByRole("link", { name: `Trios for ${process.pid}` }).click();
  await page
    .getByText(/\d free/)
    .first()
    .waitFor();
  for (const name of SEATS) {
    const { x, y } = await placeOf(page, house, name);
    await page.mouse.click(x, y);
  }
  await page.getByRole("heading", { name: "Your 2 seats" }).waitFor();
  await page.getByText("€99.00", { exact: true }).waitFor();
  await page.getByLabel("Name").fill("Ana Lima");
  await page.getByLabel("Mail address").fill("ana@example.org");
  await page.getByRole("button", { name: "Book 2 seats for €99.00" }).dblclick();
  await expectBooked(page, house);

  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Add to calendar" }).click(),
  ]);
  expect(file.suggestedFilename()).toMatch(/^[0-9A-Z]{5}-[0-9A-Z]{5}\.ics$/);
  expect(await readFile(await file.path(), "utf8")).toContain("BEGIN:VCALENDAR");

  await page.getByRole("button", { name: "Cancel Stalls, row B, seat 4" }).click();
  await page.getByRole("button", { name: "Cancel 1 seat" }).click();
  await page.getByText("€49.50 of what you paid is given back").waitFor();
  await page.getByRole("link", { name: "To the event" }).click();
  await page.getByText("39 free").waitFor();
});

test("two seats with the keyboard only", async () => {
  const house = await onSale();
  const page = await newPage();
  await openEvent(page, house);
  await tabTo(page, /seat map|application/i);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your 2 seats" }).waitFor();
  await tabTo(page, /^Name$/);
  await page.keyboard.type("Ana Lima");
  await page.keyboard.press("Tab");
  await page.keyboard.type("ana@example.org");
  await page.keyboard.press("Enter");
  await expectBooked(page, house);
  const focused = await page.evaluate(() => document.activeElement?.tagName);
  expect(focused).toBe("H1");
});

test("two seats on a phone, with three taps and two lines of text", async () => {
  const house = await onSale();
  const page = await newPage(PHONE);
  await openEvent(page, house);
  for (const name of SEATS) {
    const { x, y } = await placeOf(page, house, name);
    await page.touchscreen.tap(x, y);
  }
  await page.getByText("€99.00", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Continue" }).tap();
  await book(page);
  await expectBooked(page, house);
});

test("a reload, the back button and another tab lose nothing", async () => {
  const house = await onSale();
  const page = await newPage();
  await openEvent(page, house);
  await (await seatInList(page, "A", "1")).click();
  await page.getByRole("heading", { name: "Your 1 seat" }).waitFor();

  await page.reload();
  await expectOwn(page, "A", "1");
  const tab = await newTab(page);
  await openEvent(tab, house);
  await expectOwn(tab, "A", "1");
  await (await seatInList(tab, "A", "2")).click();
  await page.getByRole("heading", { name: "Your 2 seats" }).waitFor();
  await expectOwn(page, "A", "2");

  await page.getByRole("link", { name: "My bookings" }).click();
  await page.getByRole("heading", { name: "My bookings" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Your 2 seats" }).waitFor();
  await book(page);
  await expectBooked(page, house);
  await tab.getByText("You have booked seats here.").waitFor();
});

test("letting the last seat go releases the hold", async () => {
  const house = await onSale();
  const page = await newPage();
  await openEvent(page, house);
  const seat = await seatInList(page, "A", "1");
  await seat.click();
  await page.getByRole("heading", { name: "Your 1 seat" }).waitFor();
  await seat.click();
  await page.getByText("Choose a free seat").waitFor();
  const watcher = await newPage();
  await openEvent(watcher, house);
  await watcher.getByText("40 free").waitFor();
});

test("mistakes in name and mail are said where they are", async () => {
  const house = await onSale();
  const page = await newPage();
  await openEvent(page, house);
  await (await seatInList(page, "A", "1")).click();
  await page.getByRole("heading", { name: "Your 1 seat" }).waitFor();
  await page.getByRole("button", { name: /^Book 1 seat/ }).click();
  await page.getByText("Please say whom the seats are for.").waitFor();
  await page.getByLabel("Name").fill("Ana");
  // Passes for an address here, and not with the service.
  await page.getByLabel("Mail address").fill("ana@@example..org");
  await page.getByRole("button", { name: /^Book 1 seat/ }).click();
  await page.getByText("That does not look like a mail address.").waitFor();
  expect(await page.evaluate(() => document.activeElement?.getAttribute("type"))).toBe("email");
  expect(await bookingsOf(house)).toHaveLength(0);
});

test("a booking is found on another device by its reference and mail address", async () => {
  const house = await onSale();
  const page = await newPage();
  await openEvent(page, house);
  await (await seatInList(page, "A", "1")).click();
  await page.getByRole("heading", { name: "Your 1 seat" }).waitFor();
  await book(page);
  const booking = await bookedOn(page, house);
  const other = await newPage();
  await other.goto("/bookings");
  await other.getByLabel("Reference").fill("AAAAA-AAAAA");
  await other.getByLabel("Mail address").fill("ana@example.org");
  await other.getByRole("button", { name: "Find it" }).click();
  await other.getByText("No booking has this reference and this mail address.").first().waitFor();
  await other.getByLabel("Reference").fill(booking.reference.toLowerCase());
  await other.getByRole("button", { name: "Find it" }).click();
  await other.getByRole("heading", { name: "An evening of trios" }).waitFor();
  await other.getByText("This booking was made on another device.").waitFor();
});

async function expectBooked(page: Page, house: House): Promise<void> {
  expect((await bookedOn(page, house)).seats).toHaveLength(2);
}

/** Presses Tab until something with that name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      const label = (element as HTMLInputElement | null)?.labels?.[0]?.textContent;
      const described = element?.getAttribute("aria-roledescription");
      return [described, element?.getAttribute("aria-label"), label, element?.textContent];
    });
    if (found.some((text) => text && name.test(text.trim()))) return;
  }
  throw new Error(`nothing called ${name} was reached with the Tab key`);
}
