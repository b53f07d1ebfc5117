import type { Page, Request } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { dataOf } from "../../src/api";
import { expectAccessible, newPage, newTab, useBrowser } from "./support/browser";
import { guest, type House, onSale } from "./support/house";
import { book, bookedOn, expectOwn, openEvent, seatInList } from "./support/map";
import { flushRedis } from "./support/redis";
import { Service } from "./support/service";

/** Longer than a page needs to hold a seat. */
const TTL_SECONDS = 8;

/** What a browser says of a service that is away. */
const AWAY =
  /ERR_CONNECTION|ERR_INTERNET_DISCONNECTED|ERR_INCOMPLETE|ERR_EMPTY|ERR_FAILED|status of (4\d\d|5\d\d)/;

let service: Service | undefined;

afterEach(async () => {
  await service?.stop();
  service = undefined;
});

// Closes its pages before the service is stopped, which what they still load would complain of.
useBrowser();

async function holdFirst(page: Page): Promise<void> {
  await (await seatInList(page, "A", "1")).click();
  await page.getByRole("heading", { name: "Your 1 seat" }).waitFor();
  await page
    .getByRole("timer", { name: "Time left" })
    .getByText(/\d:\d\d/)
    .waitFor();
}

test("a service that goes away and comes back is waited for; the change made meanwhile arrives", async () => {
  const house = await onSale(2, 6);
  service = await Service.start();
  const { port, origin } = service;
  const page = await newPage({}, { origin, expected: AWAY });
  await openEvent(page, house);
  await holdFirst(page);

  await service.kill();
  await page
    .locator("main")
    .getByText(/this catches up by itself/)
    .waitFor();
  await (await seatInList(page, "A", "2")).click();
  await page.locator("main").getByText("No connection: your last change is on its way.").waitFor();
  service = await Service.start({ HOLDFAST_BIND: `127.0.0.1:${port}` });

  await page
    .locator("main")
    .getByText(/this catches up by itself/)
    .waitFor({ state: "detached" });
  await page.locator("main").getByText("No connection").waitFor({ state: "detached" });
  await page.getByRole("heading", { name: "Your 2 seats" }).waitFor();
  await book(page);
  expect((await bookedOn(page, house)).seats).toHaveLength(2);
});

test("a confirm whose answer was lost is repeated: one booking", async () => {
  const house = await onSale(2, 6);
  const page = await newPage({}, { expected: AWAY });
  await openEvent(page, house);
  await holdFirst(page);
  const keys: (string | undefined)[] = [];
  await page.route("**/confirm", async (route) => {
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 2) return route.continue();
    await route.fetch();
    await route.abort("connectionreset");
  });

  await book(page);

  await page
    .locator("main")
    .getByText(/it is not known yet whether you have booked/)
    .waitFor();
  await bookedOn(page, house);
  expect(keys).toEqual([keys[0], keys[0], keys[0]]);
});

test("a confirm whose answer never comes is repeated after twenty seconds: one booking", async () => {
  const house = await onSale(2, 6);
  const page = await newPage({}, { expected: AWAY });
  await page.clock.install();
  await openEvent(page, house);
  await holdFirst(page);
  let nConfirms = 0;
  await page.route("**/confirm", async (route) => {
    nConfirms += 1;
    if (nConfirms > 1) return route.continue();
    await route.fetch();
  });

  await book(page);
  await expect.poll(() => nConfirms).toBe(1);
  await page.clock.runFor(20_000);

  await bookedOn(page, house);
  expect(nConfirms).toBe(2);
});

test("a reload while a confirm's outcome is unknown learns it", async () => {
  const house = await onSale(2, 6);
  const page = await newPage({}, { expected: AWAY });
  await openEvent(page, house);
  await holdFirst(page);
  await page.route("**/confirm", (route) => route.abort("connectionreset"));
  await book(page);
  await page
    .locator("main")
    .getByText(/it is not known yet whether you have booked/)
    .waitFor();

  await page.unroute("**/confirm");
  await page.reload();

  await bookedOn(page, house);
});

test("Redis flushed while the map is open: the seats stay the buyer's", async () => {
  const house = await onSale(2, 6);
  const page = await newPage({}, { expected: AWAY });
  await openEvent(page, house);
  await holdFirst(page);

  await flushRedis();
  await (await seatInList(page, "A", "2")).click();

  await page.getByRole("heading", { name: "Your 2 seats" }).waitFor();
  await expectOwn(page, "A", "1");
  const watcher = await newPage();
  await openEvent(watcher, house);
  await watcher.getByText("10 free").first().waitFor();
  await book(page);
  expect((await bookedOn(page, house)).seats).toHaveLength(2);
});

test("Redis flushed just before the confirm: the hold's token brings it back", async () => {
  const house = await onSale(2, 6);
  const page = await newPage({}, { expected: AWAY });
  await openEvent(page, house);
  await holdFirst(page);
  await page.route("**/confirm", async (route) => {
    await flushRedis();
    await route.continue();
  });

  await book(page);

  await bookedOn(page, house);
});

test("an event that did not arrive arrives with its seats when somebody looks again", async () => {
  const house = await onSale(2, 6);
  const page = await newPage({}, { expected: AWAY });
  await page.route(`**/v1/events/${house.eventId}`, (route) => route.fulfill({ status: 503 }));
  await page.goto(`/events/${house.eventId}`);
  await page.getByRole("heading", { name: "The event did not arrive" }).waitFor();

  await page.unroute(`**/v1/events/${house.eventId}`);
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));

  await page.getByText("12 free").first().waitFor();
});

/** Somebody else takes the first seat as soon as its time is up at the service, and keeps it. */
async function takeFirst({ eventId, owner }: House): Promise<void> {
  const params = { path: { event_id: eventId } };
  const { version } = await dataOf(owner.GET("/v1/events/{event_id}", { params }));
  const changes = { version, hold_ttl_seconds: 600, hold_lifetime_max_seconds: 600 };
  await owner.PATCH("/v1/events/{event_id}", { params, body: changes });
  const rival = await guest();
  const body = { seats: ["S-A-1"] };
  await expect
    .poll(async () => {
      const taken = rival.POST("/v1/events/{event_id}/holds", { params, body });
      return taken.then(
        () => true,
        () => false,
      );
    })
    .toBe(true);
}

/** As on a machine that sleeps: no timer runs, and `performance.now` stands still. */
async function fallAsleep(page: Page): Promise<void> {
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1_500);
}

test("whoever comes back online after a sleep is told that their time is up", async () => {
  const house = await onSale(2, 6, { hold_ttl_seconds: TTL_SECONDS });
  const page = await newPage({}, { expected: AWAY });
  await page.clock.install();
  await openEvent(page, house);
  await holdFirst(page);
  await page.route("**/live*", (route) => route.abort("connectionreset"));
  await fallAsleep(page);
  await page.context().setOffline(true);
  await takeFirst(house);

  await page.context().setOffline(false);

  await page
    .locator("aside")
    .getByText(/Your time is up/)
    .waitFor();
});

test("a feed that comes back after a sleep tells that the time is up", async () => {
  service = await Service.start();
  const { port, origin } = service;
  const house = await onSale(2, 6, { hold_ttl_seconds: TTL_SECONDS });
  const page = await newPage({}, { origin, expected: AWAY });
  await page.clock.install();
  await openEvent(page, house);
  await holdFirst(page);
  await fallAsleep(page);
  await service.kill();
  service = await Service.start({ HOLDFAST_BIND: `127.0.0.1:${port}` });
  await takeFirst(house);

  await page.clock.runFor(5_000);

  await page
    .locator("aside")
    .getByText(/Your time is up/)
    .waitFor();
});

async function look(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, "visibilityState", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

test("six maps in tabs behind it leave a seventh its connections", async () => {
  const house = await onSale(2, 6);
  const first = await newPage({}, { expected: AWAY });
  const tabs = [first];
  while (tabs.length < 6) tabs.push(await newTab(first, AWAY));
  for (const tab of tabs) {
    await tab.clock.install();
    await openEvent(tab, house);
    await look(tab, "hidden");
    // Sooner than the feed would count as silent: a heartbeat comes in real time.
    const isFeed = (request: Request) => request.url().includes("/live");
    await Promise.all([tab.waitForEvent("requestfailed", isFeed), tab.clock.runFor(26_000)]);
  }

  const seventh = await newTab(first, AWAY);
  await openEvent(seventh, house);
  await holdFirst(seventh);

  await look(first, "visible");
  await first.getByText("11 free").first().waitFor();
});

test("without the feed the seats are asked for; nothing is called free of which nothing is known", async () => {
  const house = await onSale(2, 6);
  const rival = await guest();
  const params = { path: { event_id: house.eventId } };
  await rival.POST("/v1/events/{event_id}/holds", { params, body: { seats: ["S-A-1"] } });
  const page = await newPage({}, { expected: AWAY });
  await page.route("**/live*", (route) => route.fulfill({ status: 429 }));
  await page.route("**/availability", (route) => route.abort("connectionreset"));
  await page.goto(`/events/${house.eventId}`);

  await page.locator(".house").getByText("The seats cannot be seen yet;").waitFor();
  await expectAccessible(page);
  expect(await page.locator(".house").innerText()).not.toMatch(/\d free|As of/);
  const taken = await seatInList(page, "A", "1");
  expect(await page.locator("summary").first().innerText()).toMatch(/12 seats$/);
  expect(await taken.innerText()).toMatch(/not known yet/);
  await taken.click();
  await page
    .locator("aside")
    .getByText(/It cannot be seen yet whether .* is free/)
    .waitFor();

  await page.unroute("**/availability");
  await page.getByText("11 free").first().waitFor();
  expect(await taken.innerText()).toMatch(/held by somebody else/);
  expect(await page.locator("aside").innerText()).not.toMatch(/cannot be seen/);
  await page.getByRole("button", { name: "Map", exact: true }).click();
  await page.getByText(/^As of \d/).waitFor();
  await page.locator(".house").getByText("The seats may have changed;").waitFor();
  await (await seatInList(page, "A", "2")).click();
  await page.getByRole("heading", { name: "Your 1 seat" }).waitFor();
});
