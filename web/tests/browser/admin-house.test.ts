import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { dataOf } from "../../src/api";
import { book, hold, signedIn } from "./support/admin";
import { newPage, useBrowser } from "./support/browser";
import { type House, onSale } from "./support/house";
import { heldBack } from "./support/held-back";
import { bookingsOf } from "./support/map";

useBrowser();

/** On a busy machine; what is waited for comes much sooner. */
const PATIENT = { timeout: 15_000 };

test("the house is watched as it fills", async () => {
  const house = await onSale(4, 10);
  const page = await openHouse(house);
  expect(await figure(page, "Free")).toBe("40");

  await hold(house, ["S-A-1", "S-A-2"]);
  await page.getByText("last change").waitFor();
  await expect.poll(() => figure(page, "Held now"), PATIENT).toBe("2");
  await book(house, ["S-B-1", "S-B-2", "S-B-3"], "ana@browser.test");

  await expect.poll(() => figure(page, "Booked"), PATIENT).toMatch(/^3/);
  await expect.poll(() => figure(page, "Revenue"), PATIENT).toBe("€148.50");
  const row = page.getByRole("row", { name: /Standard/ });
  await expect.poll(() => row.innerText(), PATIENT).toMatch(/3\s+2\s+35\s+0\s+€148.50/);
  await page.getByText("The same as a table").click();
  const table = page.getByRole("region", { name: "Sales as a table" });
  await table.getByText("€148.50").waitFor();
  const drawn = await plotted(page);
  await book(house, ["S-C-1", "S-C-2"], "ben@browser.test");
  await table.getByText("€247.50").or(table.getByText("€99.00")).waitFor();
  await expect.poll(() => plotted(page), PATIENT).not.toBe(drawn);
});

test("before the seats are known none is called free or blocked", async () => {
  const house = await onSale(2, 5);
  const page = await signedIn();
  const live = await heldBack(page, "**/v1/events/*/live*");
  const board = await heldBack(page, "**/availability");
  await page.goto(`/admin/events/${house.eventId}`);
  await page.getByText("Select seats").click();
  await page.getByText("Seats as a list").click();
  await page.getByRole("checkbox", { name: "All of Row A" }).check();
  await page.getByRole("button", { name: "Seats of Row A" }).click();
  await page.getByRole("heading", { name: "5 seats selected" }).waitFor();

  const list = page.locator("details").filter({ hasText: "Seats as a list" });
  expect(await list.innerText()).not.toMatch(/free|blocked/);
  expect(await page.getByRole("complementary").innerText()).not.toMatch(/\d (free|blocked)/);
  const unblock = page.getByRole("button", { name: "Unblock" });
  expect(await unblock.isDisabled()).toBe(true);
  for (const held of [live, board]) held.letGo();

  await list.getByText("5 of 5 seats free").first().waitFor();
  await page.getByRole("button", { name: "Block 5", exact: true }).waitFor();
});

test("a seat says who has it, and until when", async () => {
  const house = await onSale(2, 10);
  await hold(house, ["S-A-3"]);
  const reference = await book(house, ["S-B-4"], "ben@browser.test");
  const page = await openHouse(house);

  await lookAt(page, "Row A", /^3\b/);
  const panel = page.getByRole("complementary");
  await panel.getByText("Held by").waitFor();
  await panel.getByText(/(9|10):\d\d left/).waitFor();
  await lookAt(page, "Row B", /^4\b/);
  await panel.getByText("ben@browser.test").waitFor();
  await panel.getByRole("link", { name: reference }).click();

  await page.getByRole("heading", { name: reference }).waitFor();
});

test("seats are blocked by drawing around them", async () => {
  const house = await onSale(4, 10);
  await hold(house, ["S-B-5"]);
  const page = await openHouse(house);
  await page.getByText("Select seats").click();

  await drawAround(page);
  await page.getByRole("heading", { name: "40 seats selected" }).waitFor();
  await page.getByRole("button", { name: "Block 39" }).click();
  await page.getByText("Please say why these seats are not for sale.").waitFor();
  await page.getByLabel("Reason").fill("The desk stands there");
  await page.getByRole("button", { name: "Block 39" }).click();

  const aside = page.getByRole("complementary");
  await aside.getByText("39 seats blocked.").waitFor();
  await aside.getByText("S-B-5 (held)").waitFor();
  await expect.poll(() => states(house), PATIENT).toBe("x".repeat(14) + "h" + "x".repeat(25));
  await page.getByText("Look", { exact: true }).click();
  await lookAt(page, "Row A", /^1\b/);
  await aside.getByText("The desk stands there").waitFor();
});

test("seats are blocked and unblocked with the keyboard alone", async () => {
  const house = await onSale(2, 5);
  const page = await openHouse(house);

  await page.getByRole("radio", { name: "Look" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByText("Seats as a list").press("Enter");
  await page.getByRole("checkbox", { name: "All of Row B" }).press("Space");
  await page.getByRole("button", { name: "Seats of Row A" }).press("Enter");
  await page.getByRole("button", { name: /^2\b/ }).press("Enter");
  await page.getByRole("heading", { name: "6 seats selected" }).waitFor();
  await page.getByLabel("Reason").focus();
  await page.keyboard.type("For the cast");
  await page.keyboard.press("Enter");
  await expect.poll(() => states(house), PATIENT).toBe(".x...xxxxx");

  await page.getByRole("checkbox", { name: "All of Row B" }).press("Space");
  await page.getByRole("button", { name: "Unblock 1", exact: true }).press("Enter");
  await expect.poll(() => states(house), PATIENT).toBe(".....xxxxx");
});

test("an event is paused, opened, and cancelled with its bookings by typing its name", async () => {
  const house = await onSale(2, 5, { name: "Last night" });
  await book(house, ["S-A-1", "S-A-2"], "eva@browser.test");
  const page = await openHouse(house);

  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Sell again" }).click();
  await page.getByRole("button", { name: "Cancel…" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this event for good?" });
  await dialog
    .getByText("All bookings are cancelled (2 seats so far): their whole price is to be given back")
    .waitFor();
  const sure = page.getByRole("button", { name: "Cancel the event" });
  await page.getByLabel("type the event's name").fill("Last nigh");
  expect(await sure.isDisabled()).toBe(true);
  await page.getByLabel("type the event's name").fill("Last night");
  await sure.click();

  await page.locator(".tag").getByText("Cancelled", { exact: true }).waitFor();
  expect(await page.getByRole("button", { name: "Put on sale" }).count()).toBe(0);
  await expect.poll(() => bookingStates(house), PATIENT).toEqual(["cancelled"]);
});

test("a change by somebody else is shown, and what was typed is kept", async () => {
  const house = await onSale(2, 5, { name: "First night" });
  const page = await signedIn();
  await page.goto(`/admin/events/${house.eventId}/edit`);
  await page.getByLabel("Seats per hold").fill("4");
  const params = { path: { event_id: house.eventId } };
  const before = await dataOf(house.owner.GET("/v1/events/{event_id}", { params }));
  const body = { version: before.version, name: "Renamed night" };
  await house.owner.PATCH("/v1/events/{event_id}", { params, body });

  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Name: First night → Renamed night").waitFor();
  expect(await page.getByLabel("Seats per hold").inputValue()).toBe("4");
  await page.getByRole("button", { name: "Save" }).click();

  await page.getByRole("heading", { name: "Renamed night" }).waitFor();
  const after = await dataOf(house.owner.GET("/v1/events/{event_id}", { params }));
  expect(after).toMatchObject({ name: "Renamed night", seats_per_hold_max: 4 });
});

test("an event in a currency that people round is edited, and its prices are shown whole", async () => {
  const prices = [{ category: "standard", amount: "4900.50" }];
  const house = await onSale(2, 5, { currency: "HUF", prices });
  const page = await signedIn();
  await page.goto(`/admin/events/${house.eventId}/edit`);
  await page.getByLabel("Name").fill("A night in Pécs");
  await page.getByRole("button", { name: "Save" }).click();

  await page.getByRole("heading", { name: "A night in Pécs" }).waitFor();
  await page
    .getByRole("row", { name: /Standard/ })
    .getByText("HUF 4,900.50")
    .waitFor();
  const buyer = await newPage();
  await buyer.goto(`/events/${house.eventId}`);
  await buyer.getByText("HUF 4,900.50").first().waitFor();
});

test("a time that was typed by half is a mistake, and no change", async () => {
  const sales_open_at = "2033-03-04T09:00:00Z";
  const house = await onSale(2, 5, { starts_at: "2033-03-25T19:00:00Z", sales_open_at });
  const params = { path: { event_id: house.eventId } };
  const before = await dataOf(house.owner.GET("/v1/events/{event_id}", { params }));
  const page = await signedIn();
  await page.goto(`/admin/events/${house.eventId}/edit`);
  const begins = page.getByLabel("Begins");
  await begins.press("Delete");
  await page.getByRole("button", { name: "Save" }).click();

  await page.getByText("Please give a day and a time.").waitFor();
  await page.getByLabel("Ends").press("1");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.getByText("Please give a day and a time.").count()).toBe(2);
  const after = await dataOf(house.owner.GET("/v1/events/{event_id}", { params }));
  expect(after).toEqual(before);
});

test("mistakes that only the service sees stand at their fields", async () => {
  const house = await onSale(2, 5);
  const page = await signedIn();
  await page.goto(`/admin/events/${house.eventId}/edit`);

  await page.getByLabel("Seats per hold").fill("51");
  await page.getByLabel("Minutes that seats are held").fill("90");
  await page.getByRole("button", { name: "Save" }).click();

  const held = page.getByLabel("Minutes that seats are held");
  await page.getByText("Must be between 5 seconds and 60 minutes.").waitFor();
  expect(await held.getAttribute("aria-invalid")).toBe("true");
  await page.getByText("Must be from 1 to 50.").waitFor();
  await expect
    .poll(() => held.evaluate((field) => field === document.activeElement), PATIENT)
    .toBe(true);
});

test("a booking is found by what is known of it, and cancelled in part, then whole", async () => {
  const house = await onSale(3, 10);
  const reference = await book(house, ["S-A-1", "S-A-2"], "cleo@browser.test");
  const other = await book(house, ["S-C-1"], "dan@browser.test");
  const page = await signedIn();
  await page.goto(`/admin/events/${house.eventId}/bookings`);
  const link = (name: string) => page.getByRole("link", { name });
  await link(other).waitFor();

  for (const typed of ["cleo@browser.test", "s-a-2", reference.replace("-", "").toLowerCase()]) {
    await page.getByLabel("Reference, mail address or seat").fill(typed);
    await page.keyboard.press("Enter");
    await link(other).waitFor({ state: "detached" });
    await link(reference).waitFor();
    await page.goBack();
    await link(other).waitFor();
  }

  await link(reference).click();
  await page.getByRole("checkbox", { name: /S-A-2/ }).check();
  await page.getByRole("button", { name: "Cancel 1 seat…" }).click();
  await page.getByLabel("Reason").fill("Ill");
  await page.getByRole("button", { name: "Cancel and give back €49.50" }).click();
  const panel = page.getByRole("region", { name: reference });
  await panel.getByText("Partly cancelled").waitFor();
  await panel.getByRole("button", { name: "Cancel the booking…" }).click();
  await page.getByRole("button", { name: "Cancel and give back €49.50" }).click();

  await panel.getByText("Cancelled", { exact: true }).first().waitFor();
  await panel.getByText("€99.00").nth(1).waitFor();
  await expect.poll(() => states(house), PATIENT).toBe(".".repeat(20) + "b" + ".".repeat(9));
});

test("the booking that was opened last is shown, whichever answer comes first", async () => {
  const house = await onSale(2, 5);
  const first = await book(house, ["S-A-1"], "fay@browser.test");
  const second = await book(house, ["S-B-1"], "gil@browser.test");
  const found = (await bookingsOf(house)).find(({ reference }) => reference === first);
  const booking_id = found?.booking_id ?? "";
  const page = await signedIn();
  await page.goto(`/admin/events/${house.eventId}/bookings`);
  const slow = await heldBack(page, `**/v1/bookings/${booking_id}`);
  await page.getByRole("link", { name: first }).click();
  await slow.isAsked;
  await page.getByRole("link", { name: second }).click();
  const panel = page.getByRole("region", { name: second });
  await panel.getByText("gil@browser.test").waitFor();

  const params = { path: { booking_id } };
  await house.owner.POST("/v1/bookings/{booking_id}/cancel", { params, body: { reason: "Ill" } });
  slow.letGo();

  // What the late answer says is in the list, and not in the panel.
  await page.getByRole("row", { name: first }).getByText("Cancelled").waitFor();
  expect(await panel.getByText("gil@browser.test").count()).toBe(1);
});

async function openHouse(house: House): Promise<Page> {
  const page = await signedIn();
  await page.goto(`/admin/events/${house.eventId}`);
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

async function figure(page: Page, name: string): Promise<string> {
  const tile = page.locator("dl.figures > div").filter({ hasText: name });
  return (await tile.locator("dd").innerText()).trim();
}

async function lookAt(page: Page, row: string, seat: RegExp): Promise<void> {
  const list = page.locator("details").filter({ hasText: "Seats as a list" });
  const button = list.getByRole("button", { name: `Seats of ${row}` });
  if (!(await button.isVisible())) await page.getByText("Seats as a list").click();
  if ((await button.getAttribute("aria-expanded")) === "false") await button.click();
  await list.getByRole("button", { name: seat }).click();
}

/** The picture of the sales over time, once it is there. */
function plotted(page: Page): Promise<string> {
  const canvas = page.locator(".u-wrap canvas");
  return canvas.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
}

/** Draws a line about the whole map with the mouse. */
async function drawAround(page: Page): Promise<void> {
  const canvas = page.locator(".floor canvas").first();
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  if (!box) throw new Error("there is no map");
  const at = (x: number, y: number) => [box.x + box.width * x, box.y + box.height * y] as const;
  await page.mouse.move(...at(0.02, 0.02));
  await page.mouse.down();
  for (const [x, y] of [
    [0.98, 0.02],
    [0.98, 0.98],
    [0.02, 0.98],
    [0.02, 0.04],
  ] as const) {
    await page.mouse.move(...at(x, y), { steps: 10 });
  }
  await page.mouse.up();
}

async function states(house: House): Promise<string> {
  const params = { path: { event_id: house.eventId } };
  const { states } = await dataOf(
    house.owner.GET("/v1/events/{event_id}/availability", { params }),
  );
  return states;
}

async function bookingStates(house: House): Promise<string[]> {
  const params = { path: { event_id: house.eventId } };
  const { items } = await dataOf(house.owner.GET("/v1/events/{event_id}/bookings", { params }));
  return items.map(({ state }) => state);
}
