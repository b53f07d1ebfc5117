import type { Page, Route } from "playwright-core";
import { expect, test } from "vitest";
import { dataOf } from "../../src/api";
import { DARK, expectAccessible, newPage, PHONE, SMALL_PHONE, useBrowser } from "./support/browser";
import { type House, onSale } from "./support/house";
import { bookingsOf, expectOwn, openEvent, seatInList } from "./support/map";
import { endHold } from "./support/redis";
import { mailedLink, newAddress, Seller, setTerms, waits } from "./support/waitlist";

useBrowser();

/** A house of one row, all of it sold. */
async function soldOut(nSeats = 3): Promise<{ house: House; seller: Seller }> {
  const house = await onSale(1, nSeats);
  const labels = Array.from({ length: nSeats }, (_, nth) => `S-A-${nth + 1}`);
  return { house, seller: await Seller.buys(house, labels) };
}

async function openSoldOut(page: Page, house: House): Promise<void> {
  await openEvent(page, house);
  await page.getByRole("button", { name: "Join the waitlist" }).click();
}

/** Fills the form that is open. */
async function join(page: Page, quantity: number, email = newAddress()): Promise<string> {
  await page.getByRole("radio", { name: String(quantity), exact: true }).check();
  await page.getByLabel("Name").fill("Ana Lima");
  await page.getByLabel("Mail address").fill(email);
  await page.getByRole("button", { name: "Join the waitlist" }).click();
  return email;
}

/** The text is read aloud as well: what is meant is what can be seen. */
function panel(page: Page) {
  return page.locator("aside");
}

async function expectPlace(page: Page, place: string): Promise<void> {
  await panel(page).getByText(place, { exact: true }).waitFor();
}

async function expectFine(page: Page): Promise<void> {
  await expectAccessible(page);
  await page.waitForFunction(() => {
    const frames = [document.documentElement, ...document.querySelectorAll("aside, dialog")];
    return frames.every(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth);
  });
}

/** The service books, and the page does not hear of it. */
function loseFirstAnswer() {
  let nAsked = 0;
  return async (route: Route) => {
    nAsked += 1;
    if (nAsked > 1) return route.continue();
    await route.fetch();
    await route.abort("connectionreset");
  };
}

/** Keeps the answer to the next question for the entry back; answers how to let it arrive. */
async function keepAnswerBack(page: Page): Promise<() => Promise<void>> {
  const kept = new Promise<() => Promise<void>>((resolve) => {
    const keep = async (route: Route) => {
      const response = await route.fetch();
      resolve(() => route.fulfill({ response }));
    };
    void page.route("**/waitlist/mine", keep, { times: 1 });
  });
  await page.evaluate(() => dispatchEvent(new Event("online")));
  return kept;
}

test("from a sold-out map on a phone to a booking, with the place in line and the news of it", async () => {
  const { house, seller } = await soldOut();
  const first = await waits(house);
  const page = await newPage(PHONE);
  await openSoldOut(page, house);
  await panel(page).getByText("1 person is waiting now.").waitFor();
  await panel(page)
    .getByText(/offered to the first in the queue whom they fit/)
    .waitFor();
  await expectFine(page);
  await page.getByRole("button", { name: "Join the waitlist" }).click();
  await page.getByText("Please say whom the seats are for.").waitFor();
  await join(page, 2);
  await expectPlace(page, "2nd");
  await panel(page).getByText("1 person is ahead of you.").waitFor();
  await panel(page).getByText("2 seats next to each other").waitFor();
  await expectFine(page);
  await page.getByRole("button", { name: "To the map" }).click();

  const params = { path: { event_id: house.eventId } };
  await first.buyer.DELETE("/v1/events/{event_id}/waitlist/mine", { params });
  await expectPlace(page, "1st");
  await expectFine(page);

  await seller.givesBack("S-A-2", "S-A-3");
  await panel(page).getByText("2 seats from the waitlist are held for you.").waitFor();
  await expectFine(page);
  await expectOwn(page, "A", "2");
  await expectOwn(page, "A", "3");
  await (await seatInList(page, "A", "2")).click();
  await panel(page)
    .getByText(/is held for you: book it, or let it go/)
    .waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "2 seats are held for you" }).waitFor();
  const timer = page.getByRole("timer", { name: "Time left" });
  await expect.poll(() => timer.innerText()).toMatch(/^1[45]:\d\d$/);
  await expectFine(page);
  await page.getByRole("button", { name: "Book 2 seats for €99.00" }).click();
  await page.waitForURL(/\/bookings\//);
  const [booking] = (await bookingsOf(house)).filter(({ contact }) => contact.name === "Ana Lima");
  expect(booking?.seats.map(({ seat }) => seat)).toEqual(["S-A-2", "S-A-3"]);
  await page.getByText(booking?.reference ?? "none", { exact: true }).waitFor();

  await page.getByRole("button", { name: /Notifications: [1-4] unread/ }).click();
  const news = page.getByRole("dialog", { name: "Notifications" });
  await news.getByText("Seats are held for you.").waitFor();
  await expectFine(page);
  await news.getByRole("link", { name: /Your seats are booked/ }).click();
  await page.waitForURL(`**/bookings/${booking?.booking_id}`);
  await page.getByRole("button", { name: /^Notifications/ }).click();
  await news.getByRole("button", { name: "Mark all as read" }).click();
  await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
});

test("seats that are let go are offered to the next, and a lapse is told", async () => {
  const { house, seller } = await soldOut(1);
  const ana = await newPage(DARK);
  await openSoldOut(ana, house);
  await join(ana, 1);
  await expectPlace(ana, "1st");
  await expectFine(ana);
  const ben = await newPage();
  await openSoldOut(ben, house);
  const address = await join(ben, 1);
  await expectPlace(ben, "2nd");

  await seller.givesBack("S-A-1");
  await ana.getByRole("heading", { name: "1 seat is held for you" }).waitFor();
  await expectFine(ana);
  await ana.getByRole("button", { name: "Let the seat go" }).click();
  await ana.getByRole("dialog").getByText("Stalls, row A, seat 1").waitFor();
  await expectFine(ana);
  const answerOfBefore = await keepAnswerBack(ana);
  await ana.getByRole("button", { name: "Let it go" }).click();
  await panel(ana)
    .getByText(/You have let the seats go/)
    .waitFor();
  await answerOfBefore();
  await expectFine(ana);
  expect(
    await panel(ana)
      .getByText(/You have let the seats go/)
      .isVisible(),
  ).toBe(true);

  await ben.getByRole("heading", { name: "1 seat is held for you" }).waitFor();
  const { items } = await dataOf(
    house.owner.GET("/v1/events/{event_id}/waitlist", {
      params: { path: { event_id: house.eventId } },
    }),
  );
  expect(items.map(({ contact }) => contact.email)).toEqual([address]);
  await endHold(house.eventId, items[0]?.hold_id ?? "");
  await panel(ben)
    .getByText(/Your time is up: Stalls, row A, seat 1 can go to somebody else now/)
    .waitFor();
  await expectFine(ben);
  await ben.getByRole("button", { name: "Join again" }).click();
  await panel(ben).getByText("How many seats?").waitFor();
  expect(await bookingsOf(house)).toHaveLength(1);
});

test("the mail's link opens the place, and its offer, on another device", async () => {
  const { house, seller } = await soldOut();
  const hour = (offset: number) =>
    new Date(Date.now() + offset * 3_600_000).toLocaleTimeString("en-GB", {
      timeZone: "Europe/Berlin",
      hour: "2-digit",
      minute: "2-digit",
    });
  const quiet_hours = { from: hour(-1), until: hour(3) };
  await setTerms(house, { verification_required: true, quiet_hours });
  const page = await newPage();
  await openSoldOut(page, house);
  const address = await join(page, 1);
  await panel(page).getByText("Check your mail").waitFor();
  await expectFine(page);
  await page.context().close();

  const expected = /ERR_CONNECTION_RESET|status of 4\d\d/;
  const device = await newPage({ ...SMALL_PHONE, ...DARK }, { expected });
  const addresses: string[] = [];
  device.on("request", (request) =>
    addresses.push(request.url(), request.headers()["referer"] ?? ""),
  );
  const link = await mailedLink(address, /Confirm your place/);
  await device.goto(link);
  await expectPlace(device, "1st");
  expect(device.url()).toMatch(new RegExp(`/events/${house.eventId}$`));
  await expectFine(device);
  await device.reload();
  await expectPlace(device, "1st");

  await seller.givesBack("S-A-1");
  await device.getByRole("button", { name: "Continue" }).click();
  await panel(device)
    .getByText(/not counting the quiet hours/)
    .waitFor();
  await expectFine(device);
  await device.route("**/accept", loseFirstAnswer());
  await device.getByRole("button", { name: "Book 1 seat for €49.50" }).click();
  await device.waitForURL(/\/bookings\//);
  await device.getByText("This booking was made on another device.").waitFor();
  expect((await bookingsOf(house)).map(({ contact }) => contact.email)).toContain(address);
  const secret = link.split("=")[1] ?? "";
  expect(secret.length).toBeGreaterThan(20);
  expect(addresses.filter((url) => url.includes(secret))).toEqual([]);

  const third = await newPage();
  await third.goto(link);
  await panel(third)
    .getByText(/they are booked/)
    .waitFor();
  await third.getByRole("button", { name: "See the booking" }).click();
  await third.waitForURL(/\/bookings\//);
});

test("a link that opens nothing says so, and can be put aside", async () => {
  const { house } = await soldOut(1);
  const page = await newPage(PHONE);
  await page.goto(`/events/${house.eventId}#waitlist=cut-off`);
  await panel(page)
    .getByText(/This link opens no place on the waitlist/)
    .waitFor();
  expect(page.url()).not.toContain("#");
  await expectFine(page);
  await page.getByRole("button", { name: "OK" }).click();
  await page.getByRole("button", { name: "Join the waitlist" }).waitFor();
});

test("a link that was opened while parts of the page did not arrive is not lost", async () => {
  const { house } = await soldOut(1);
  const { entry } = await waits(house);
  const page = await newPage({}, { expected: /ERR_FAILED/ });
  await page.route("**/assets/WaitlistPart*", (route) => route.abort());
  await page.goto(`/events/${house.eventId}#waitlist=${entry.token}`);
  await panel(page).getByText("The waitlist did not arrive.").waitFor();
  await expectFine(page);

  await page.unroute("**/assets/WaitlistPart*");
  await page.getByRole("link", { name: "Load it anew" }).click();
  await expectPlace(page, "1st");
});

test("whoever can have such seats now is shown them", async () => {
  const house = await onSale(1, 4);
  await Seller.buys(house, ["S-A-2"]);
  const page = await newPage();
  await openEvent(page, house);
  await panel(page).getByText("No more than 2 free seats are next to each other.").waitFor();
  await page.getByRole("button", { name: "Wait for more together" }).click();
  expect(await page.getByRole("radio", { name: "3", exact: true }).isChecked()).toBe(true);

  await join(page, 2);
  await panel(page).getByText("Stalls, row A, seats 3 and 4").waitFor();
  await expectFine(page);
  await page.getByRole("button", { name: "Take 2 seats" }).click();

  await page.getByRole("heading", { name: "Your 2 seats" }).waitFor();
  await expectOwn(page, "A", "3");
});

test("a waitlist that is closed is not offered, and one waits once by a mail address", async () => {
  const { house } = await soldOut(1);
  const { entry } = await waits(house);
  const page = await newPage();
  await openSoldOut(page, house);
  await join(page, 1, entry.contact.email);
  await page.getByText(/Somebody with this mail address is on this waitlist already/).waitFor();
  await setTerms(house, { is_open: false });
  await join(page, 1);
  await panel(page)
    .getByText(/does not take anybody onto this waitlist/)
    .waitFor();
  await expectFine(page);
  await page.reload();
  await page
    .locator(".house")
    .getByText(/^Sold out/)
    .waitFor();
  await panel(page).getByText("Seats that are let go show up here").waitFor();
  expect(await page.getByRole("button", { name: "Join the waitlist" }).count()).toBe(0);
});
