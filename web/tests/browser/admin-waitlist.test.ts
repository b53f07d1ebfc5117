import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { dataOf, type Api, type components } from "../../src/api";
import { termsOf } from "../../src/admin/waitlist/terms-form";
import { hold, signedIn } from "./support/admin";
import { expectAccessibleInAllLooks, useBrowser } from "./support/browser";
import { guest, type House, onSale } from "./support/house";

useBrowser();

type Join = components["schemas"]["JoinWaitlist"];

/** A house of one row that is sold out, and what cancels seats of it. */
async function soldOut(nSeats: number) {
  const house = await onSale(1, nSeats);
  const seats = Array.from({ length: nSeats }, (_, nth) => `S-A-${nth + 1}`);
  const { buyer, holdId } = await hold(house, seats);
  const path = { event_id: house.eventId, hold_id: holdId };
  const body = { contact: { name: "Seller", email: "seller@browser.test" } };
  const { booking_id } = await dataOf(
    buyer.POST("/v1/events/{event_id}/holds/{hold_id}/confirm", { params: { path }, body }),
  );
  const free = (labels: string[]) =>
    buyer.POST("/v1/bookings/{booking_id}/cancel", {
      params: { path: { booking_id } },
      body: { seats: labels },
    });
  return { house, free };
}

/** Somebody who waits; with the name as mail address. */
async function join(house: House, name: string, wish: Partial<Join> = {}): Promise<Api> {
  const person = await guest();
  const params = { path: { event_id: house.eventId } };
  const email = `${name.toLowerCase()}@browser.test`;
  const body: Join = { quantity: 1, together: true, contact: { name, email }, ...wish };
  await person.POST("/v1/events/{event_id}/waitlist", { params, body });
  return person;
}

async function open(house: House, rest = ""): Promise<Page> {
  const page = await signedIn();
  await page.goto(`/admin/events/${house.eventId}/waitlist${rest}`);
  return page;
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const entry = (page: Page, name: string): Locator =>
  page.getByRole("listitem").filter({ hasText: name });

/** Who stands where, as the page shows it: `1 Ana`. */
async function places(page: Page): Promise<string[]> {
  const items = await page.locator("ol > li").allInnerTexts();
  return items.map((text) => {
    const words = text.trim().split(/\s+/);
    return words[0] === "Place" ? words.slice(1, 3).join(" ") : `- ${words[0]}`;
  });
}

test("the queue is seen as it changes, moved and thinned out, and the log says why", async () => {
  const { house, free } = await soldOut(4);
  await join(house, "Ana", { quantity: 3, price_max: "60.00" });
  await join(house, "Ben", { sections: ["S"], categories: ["standard"] });
  await join(house, "Cleo", { quantity: 2, together: false });
  await join(house, "Dan");
  const page = await open(house);
  await expect.poll(() => places(page)).toEqual(["1 Ana", "2 Ben", "3 Cleo", "4 Dan"]);
  await entry(page, "Ana")
    .getByText("3 seats together · anywhere · at most €60.00 a seat")
    .waitFor();
  await entry(page, "Ben").getByText("1 seat · Stalls · Standard").waitFor();
  await page.getByText("people, 7 seats").waitFor();

  await button(page, "Move… Dan").press("Enter");
  await page.getByLabel("Priority").fill("1001");
  await page.keyboard.press("Enter");
  await page.getByText("Please give a whole number from -1000 to 1000.").waitFor();
  await page.getByText("Please say why: the log keeps it.").waitFor();
  await page.getByLabel("Priority").fill("5");
  await page.getByLabel("Reason").fill("Promised on the phone");
  await page.keyboard.press("Enter");
  await expect.poll(() => places(page)).toEqual(["1 Dan", "2 Ana", "3 Ben", "4 Cleo"]);
  await entry(page, "Dan").getByText("priority 5").waitFor();
  await button(page, "Remove… Ben").click();
  await page.getByLabel("Reason").fill("A tout");
  await button(page, "Take off the list").click();
  await expect.poll(() => places(page)).toEqual(["1 Dan", "2 Ana", "3 Cleo"]);

  await free(["S-A-2"]);
  await entry(page, "Dan").getByText("S-A-2, 14:").waitFor();
  await page.getByText("person, 1 seat").waitFor();
  await expectAccessibleInAllLooks(page);
  await page.getByLabel("Mail address").fill("BEN@browser.test");
  await page.keyboard.press("Enter");
  await entry(page, "Ben").getByText("Removed", { exact: true }).waitFor();
  expect(await page.locator("ol > li").count()).toBe(1);

  await entry(page, "Ben").getByRole("link", { name: "log of Ben" }).click();
  await page.getByText("Only those about Ben.").waitFor();
  await page.getByText("Ben was taken off the list by you. A tout").waitFor();
  expect(await page.locator("ol > li").count()).toBe(2);
  await page.getByRole("link", { name: "Show all" }).click();
  await page.getByText("Dan was offered S-A-2.").waitFor();
  await expectAccessibleInAllLooks(page);
  await page.getByRole("combobox", { name: "Decisions" }).selectOption({ label: "Moved" });
  await expect.poll(() => page.locator("ol > li").count()).toBe(1);
  await page.getByText("Dan was moved by you. Promised on the phone").waitFor();
});

test("what somebody else did in the meantime is told before anything is changed", async () => {
  const { house } = await soldOut(2);
  await join(house, "Ana");
  const ben = await join(house, "Ben");
  const page = await open(house);
  await button(page, "Move… Ana").click();
  await page.getByLabel("Priority").fill("7");
  await page.getByLabel("Reason").fill("Mine");
  const path = { event_id: house.eventId };
  const queue = await dataOf(
    house.owner.GET("/v1/events/{event_id}/waitlist", { params: { path } }),
  );
  const { entry_id = "", version = 0 } = queue.items[0] ?? {};
  await house.owner.POST("/v1/events/{event_id}/waitlist/entries/{entry_id}/move", {
    params: { path: { ...path, entry_id } },
    body: { version, priority: 3, reason: "Theirs" },
  });

  await button(page, "Move").click();
  await page.getByText("Somebody else has moved Ana: from priority 0 to 3.").waitFor();
  await button(page, "Move").click();
  await entry(page, "Ana").getByText("priority 7").waitFor();

  await button(page, "Remove… Ben").click();
  await page.getByLabel("Reason").fill("Asked by mail");
  await ben.DELETE("/v1/events/{event_id}/waitlist/mine", { params: { path } });
  await button(page, "Take off the list").click();
  await page.getByText("Ben has left the list.").waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => places(page)).toEqual(["1 Ana"]);
});

test("terms are refused at their fields, saved, and told in the rule", async () => {
  const house = await onSale(1, 2);
  const page = await open(house, "/terms");
  await page.getByText("has been passed over 10 times, or has waited 3 days").waitFor();
  await page.getByLabel("An offer is held for", { exact: true }).fill("30");
  await page.getByLabel("An offer is held for: unit").selectOption("seconds");
  await page.getByLabel("Seats that one person may wait for").fill("11");
  await page.getByLabel("Quiet hours", { exact: true }).press("Space");
  await page.getByLabel("From", { exact: true }).fill("22:00");
  await page.getByLabel("Until", { exact: true }).fill("22:00");
  await button(page, "Save").press("Enter");

  await page.getByText("Please give a time from 1 minute to 1 day.").waitFor();
  await page.getByText("They must not end when they begin.").waitFor();
  const seats = page.getByLabel("Seats that one person may wait for");
  await expect.poll(() => seats.evaluate((field) => field === document.activeElement)).toBe(true);
  expect(await seats.getAttribute("aria-invalid")).toBe("true");
  await expectAccessibleInAllLooks(page);

  await seats.fill("4");
  await page.getByLabel("An offer is held for: unit").selectOption("minutes");
  await page.getByLabel("Until", { exact: true }).fill("08:00");
  const params = { path: { event_id: house.eventId } };
  const find = () => dataOf(house.owner.GET("/v1/events/{event_id}/waitlist/terms", { params }));
  const { version } = await find();
  const body = { ...termsOf(await find()), version, skips_max: 3 };
  await house.owner.PUT("/v1/events/{event_id}/waitlist/terms", { params, body });
  await button(page, "Save").click();
  await page.getByText("Passed over so often: 10 → 3").waitFor();
  await button(page, "Save").click();

  await page.getByText("Saved. The terms hold from the next offer on.").waitFor();
  await page.getByText("An offer is held for 30 minutes, not counting").waitFor();
  expect(await find()).toMatchObject({
    offer_ttl_seconds: 1800,
    quantity_max: 4,
    skips_max: 3,
    quiet_hours: { from: "22:00", until: "08:00" },
  });
  await page.getByLabel("Strict", { exact: true }).check();
  await button(page, "Save").click();
  await page.getByText("strictly in the order of the queue").waitFor();
});

test("the house shows seats that are kept, and leads to the waitlist", async () => {
  const { house, free } = await soldOut(4);
  const params = { path: { event_id: house.eventId } };
  const strict = { version: 0, policy: "strict" } as components["schemas"]["WaitlistTerms"];
  await house.owner.PUT("/v1/events/{event_id}/waitlist/terms", { params, body: strict });
  await join(house, "Ana", { quantity: 2 });
  const page = await signedIn();
  await page.goto(`/admin/events/${house.eventId}`);
  await page.getByText("Live", { exact: true }).waitFor();
  await free(["S-A-1"]);

  const kept = page.locator("dl.figures > div").filter({ hasText: "Kept for the waitlist" });
  await expect.poll(() => kept.locator("dd").innerText()).toBe("1");
  await page.getByText("Seats as a list").click();
  await button(page, "Seats of Row A").click();
  await page.getByRole("button", { name: "1 kept" }).click();
  const panel = page.getByRole("complementary");
  await panel.getByText("Kept for the waitlist").waitFor();
  await free(["S-A-2"]);
  await panel.getByText("An offer to somebody who waited").waitFor();
  await kept.waitFor({ state: "detached" });
  await page
    .getByRole("link", { name: "Waitlist, 1 waiting" })
    .or(panel.getByRole("link", { name: "see the queue" }))
    .first()
    .click();

  await entry(page, "Ana").getByText("S-A-1 and S-A-2").waitFor();
});
