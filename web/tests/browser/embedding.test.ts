import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FrameStats } from "../../src/seat-map";
import { dataOf } from "../../src/api";
import { newPage, useBrowser } from "./support/browser";
import { guest, type House, onSale, onSaleIn } from "./support/house";
import { Service } from "./support/service";

useBrowser();

/** A shop with a page of its own, at another origin than the service. */
let shop: Server;
let service: Service;
let event = "";

beforeAll(async () => {
  shop = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.setHeader(
      "Content-Security-Policy",
      `default-src 'none'; script-src ${service.origin}; connect-src ${service.origin}`,
    );
    response.end(`<!doctype html><title>Shop</title>
      <script type="module" src="${service.origin}/seat-map.js"></script>
      <holdfast-seat-map event="${event}"></holdfast-seat-map>`);
  });
  await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
  service = await Service.start({ HOLDFAST_CORS_ORIGINS: shopOrigin() });
});

afterAll(async () => {
  shop.close();
  await service.stop();
});

function shopOrigin(): string {
  return `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
}

async function openShop(house: House): Promise<Page> {
  event = house.eventId;
  // The browser asks each site for a favicon, which this shop does not have.
  const page = await newPage({}, { origin: shopOrigin(), expected: /favicon|img-src/ });
  await page.goto("/");
  await expect.poll(() => frameStats(page), { timeout: 20_000 }).toBeDefined();
  return page;
}

function frameStats(page: Page): Promise<FrameStats | undefined> {
  return page.evaluate(() => {
    const element = document.querySelector("holdfast-seat-map") as unknown as {
      frameStats?: () => FrameStats | undefined;
    };
    return element.frameStats?.();
  });
}

test("two lines of HTML show a live map in another site's page", async () => {
  const house = await onSale(2, 10);
  const page = await openShop(house);
  await page.getByText("Show as a list").click();
  await page.getByText("Stalls").first().click();
  const seat = page.getByRole("button", { name: /^3,|seat 3\b/ }).first();
  await expect.poll(() => seat.innerText()).toMatch(/free/);

  const params = { path: { event_id: house.eventId } };
  const body = { seats: ["S-A-3"] };
  const buyer = await guest();
  await dataOf(buyer.POST("/v1/events/{event_id}/holds", { params, body }));

  await expect.poll(() => seat.innerText(), { timeout: 10_000 }).toMatch(/held/);
});

/** What a shop's script does with the map. */
interface SeatMapElement extends HTMLElement {
  selection: readonly string[];
  setHeld(labels: readonly string[]): void;
  setHolding(labels: readonly string[]): void;
}

/** The list's button of a seat of the first row. */
async function openList(page: Page) {
  await page.getByText("Show as a list").click();
  await page.getByText("Stalls").first().click();
  return (number: number) =>
    page.getByRole("button", { name: new RegExp(`seat ${number}\\b`) }).first();
}

/** As a shop's server does. */
async function holdAsShop({ eventId }: House, seats: string[]): Promise<void> {
  const params = { path: { event_id: eventId } };
  await (await guest()).POST("/v1/events/{event_id}/holds", { params, body: { seats } });
}

/** A shop whose buyer has picked a seat; what was told as taken is written down. */
async function openPicked(house: House, label: string, isHolding: boolean): Promise<Page> {
  const page = await openShop(house);
  await page.evaluate(
    ([label, isHolding]) => {
      const map = document.querySelector("holdfast-seat-map") as SeatMapElement;
      const told: string[] = [];
      Object.assign(window, { told });
      map.addEventListener("selection-change", (event) => {
        const { taken } = (event as CustomEvent<{ taken: { label: string }[] }>).detail;
        told.push(...taken.map((seat) => seat.label));
      });
      map.selection = [label];
      if (isHolding) map.setHolding([label]);
    },
    [label, isHolding] as const,
  );
  return page;
}

const toldTaken = (page: Page) =>
  page.evaluate(() => (window as unknown as { told: string[] }).told);

function tell(page: Page, method: "setHeld" | "setHolding", labels: string[]): Promise<void> {
  return page.evaluate(
    ([method, labels]) =>
      (document.querySelector("holdfast-seat-map") as SeatMapElement)[method](labels),
    [method, labels] as const,
  );
}

test("a seat that the shop is just holding for its buyer is nobody's loss", async () => {
  const house = await onSale(2, 10);
  const page = await openPicked(house, "S-A-3", true);
  const seat = (await openList(page))(3);
  await expect.poll(() => seat.innerText()).toMatch(/selected/);

  await holdAsShop(house, ["S-A-3"]);
  await expect.poll(() => seat.innerText()).toMatch(/held/);
  expect(await seat.innerText()).toMatch(/selected/);
  await tell(page, "setHeld", ["S-A-3"]);

  await expect.poll(() => seat.innerText()).toMatch(/yours/);
  expect(await page.getByText(/faster/).count()).toBe(0);
  expect(await toldTaken(page)).toEqual([]);
});

test("a seat that the shop could not hold is told as lost once it says so", async () => {
  const house = await onSale(2, 10);
  const page = await openPicked(house, "S-A-3", true);
  const seat = (await openList(page))(3);
  await holdAsShop(house, ["S-A-3"]);
  await expect.poll(() => seat.innerText()).toMatch(/held/);
  expect(await toldTaken(page)).toEqual([]);

  await tell(page, "setHolding", []);

  await page.getByText(/Somebody was faster: .*seat 3/).waitFor();
  expect(await toldTaken(page)).toEqual(["S-A-3"]);
});

test("a seat that was called lost, and is its buyer's, is called so no more", async () => {
  const house = await onSale(2, 10);
  const page = await openPicked(house, "S-A-3", false);
  const seat = (await openList(page))(3);
  await expect.poll(() => seat.innerText()).toMatch(/selected/);
  await holdAsShop(house, ["S-A-3"]);
  await page.getByText(/Somebody was faster: .*seat 3/).waitFor();

  await tell(page, "setHeld", ["S-A-3"]);

  await expect.poll(() => seat.innerText()).toMatch(/yours/);
  expect(await seat.innerText()).not.toMatch(/faster/);
  await page.getByText(/Somebody was faster/).waitFor({ state: "hidden" });
});

test("held and selected seats may be told before the plan is there, and outlive a move in the page", async () => {
  const house = await onSale(2, 10);
  event = house.eventId;
  const params = { path: { event_id: event } };
  const buyer = await guest();
  const body = { seats: ["S-A-3"] };
  await dataOf(buyer.POST("/v1/events/{event_id}/holds", { params, body }));
  const page = await newPage({}, { origin: shopOrigin(), expected: /favicon|img-src/ });
  let send = (): void => undefined;
  const mayCome = new Promise<void>((resolve) => (send = resolve));
  await page.route("**/layout", async (route) => {
    await mayCome;
    await route.continue();
  });
  await page.goto("/");
  await page.evaluate(async () => {
    await customElements.whenDefined("holdfast-seat-map");
    const map = document.querySelector("holdfast-seat-map") as SeatMapElement;
    map.selection = ["S-A-5"];
    map.setHeld(["S-A-3"]);
  });
  send();

  await page.getByText("Show as a list").click();
  const seat = (number: number) =>
    page.getByRole("button", { name: new RegExp(`seat ${number}\\b`) }).first();
  const expectTold = async (): Promise<void> => {
    await page.getByText("Stalls").first().click();
    await expect.poll(() => seat(3).innerText()).toMatch(/yours/);
    await expect.poll(() => seat(5).innerText()).toMatch(/selected/);
  };
  await expectTold();

  await page.evaluate(() => {
    const map = document.querySelector("holdfast-seat-map") as SeatMapElement;
    document.body.appendChild(document.createElement("div")).append(map);
  });
  await expectTold();
});

test("another event's map knows nothing of the seats that were held in the one before", async () => {
  const [house, other] = [await onSale(2, 10), await onSale(2, 10)];
  const page = await openShop(house);
  await page.evaluate((eventId) => {
    const map = document.querySelector("holdfast-seat-map") as SeatMapElement;
    map.setHeld(["S-A-3"]);
    map.setAttribute("event", eventId);
  }, other.eventId);
  await page.getByText("Show as a list").click();
  await page.getByText("Stalls").first().click();
  const seat = page.getByRole("button", { name: /seat 3\b/ }).first();
  await expect.poll(() => seat.innerText()).toMatch(/free/);

  await seat.click();

  await expect.poll(() => seat.innerText()).toMatch(/selected/);
  const selection = await page.evaluate(
    () => (document.querySelector("holdfast-seat-map") as SeatMapElement).selection,
  );
  expect(selection).toEqual(["S-A-3"]);
});

test("60,000 seats are there in 2 seconds, and a frame takes under 8 ms of script", async () => {
  const house = await onSaleIn("Stadion am Hafen");
  const page = await openShop(house);
  const opened = await frameStats(page);
  const box = await page.locator("canvas").first().boundingBox();
  if (!box) throw new Error("there is no map");
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };

  // Until single seats show, then to and fro.
  await page.mouse.move(middle.x, box.y + box.height / 6);
  for (let turn = 0; turn < 8; turn += 1) await page.mouse.wheel(0, -240);
  await page.mouse.down();
  for (let step = 0; step < 90; step += 1) {
    const phase = (step / 90) * 4 * Math.PI;
    await page.mouse.move(middle.x + 250 * Math.sin(phase), middle.y + 90 * Math.sin(2 * phase));
  }
  await page.mouse.up();

  const stats = await frameStats(page);
  console.info(`first frame ${opened?.firstFrame} ms; while panning`, stats);
  expect(opened?.firstFrame).toBeLessThan(2_000);
  expect(stats?.frames).toBeGreaterThan(30);
  expect(stats?.p50).toBeLessThan(8);
});
