import { mkdirSync } from "node:fs";
import type { BrowserContextOptions, Page } from "playwright-core";
import { expect, test } from "vitest";
import { dataOf, type components } from "../../src/api";
import { book, drop, signedIn } from "./support/admin";
import { DARK, newPage, PHONE, useBrowser } from "./support/browser";
import { type House, onSaleIn } from "./support/house";
import { openEvent, seatInList } from "./support/map";
import { SCREENSHOTS } from "./support/settings";

/**
 * The pictures of the README: `./test pictures` writes them to docs/pictures, otherwise they go to
 * target/browser, which shows that they can still be taken.
 */
const AT_REST = { timeout: 30_000, interval: 400 };
const FOLDER = process.env["PICTURES"] ?? SCREENSHOTS;

useBrowser();

const WIDE: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const SEATS = ["2", "4"];
const DREAM = { name: "A midsummer night's dream", starts_at: "2031-06-20T17:30:00Z" };

test.each([
  ["theatre-light", {}],
  ["theatre-dark", DARK],
] as const)("%s", async (name, theme) => {
  const house = await onSaleIn("Kammertheater", DREAM);
  await sell(house, 70, 7);
  const page = await newPage({ ...WIDE, ...theme });
  await openEvent(page, house);
  await pick(page);
  await save(page, name);
});

test("the theatre on a phone", async () => {
  const house = await onSaleIn("Kammertheater", DREAM);
  await sell(house, 60, 11);
  const page = await newPage(PHONE);
  await openEvent(page, house);
  await pick(page);
  await save(page, "theatre-phone");
});

test("the stadium from afar and from near", { timeout: 300_000 }, async () => {
  const settings = { name: "Cup final", starts_at: "2031-05-24T13:30:00Z", seats_per_hold_max: 50 };
  const house = await onSaleIn("Stadion am Hafen", settings);
  await sell(house, 250, 3, 50);
  const page = await newPage(WIDE);
  await openEvent(page, house);
  await save(page, "stadium-far");
  const box = await page.locator("canvas").first().boundingBox();
  if (!box) throw new Error("there is no map");
  await page.mouse.move(box.x + box.width * 0.42, box.y + box.height * 0.24);
  for (let turn = 0; turn < 6; turn += 1) await page.mouse.wheel(0, -240);
  await save(page, "stadium-near");
});

test("a house as its admin watches it, and a template with a mistake", async () => {
  const house = await onSaleIn("Kammertheater", DREAM);
  await sell(house, 60, 5);
  const page = await signedIn({ viewport: { width: 1280, height: 1500 } });
  await page.goto(`/admin/events/${house.eventId}`);
  await page.locator(".u-wrap canvas").waitFor();
  await save(page, "admin-house");

  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto("/admin/venues");
  await drop(page, "village-hall.yaml", TEMPLATE);
  await page.getByText("No mistakes").waitFor();
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("      - {rows: D, numbers: 7, flags: [accesible]}");
  await page.keyboard.press("Home");
  await page.getByRole("heading", { name: "1 mistake", exact: true }).waitFor();
  await page.locator(".cm-lintRange-error").first().waitFor();
  await save(page, "admin-template");
});

const TEMPLATE = `format_version: 1
name: Village hall
time_zone: Europe/Dublin
focal_point: [0, 0]
categories:
  - {key: near, name: Near, colour: "#d55e00"}
  - {key: far, name: Far, colour: "#0072b2"}
figures:
  - {kind: stage, name: Stage, at: [0, -1.5], rectangle: [8, 3]}
sections:
  - key: HALL
    name: Hall
    at: [0, 3]
    rows:
      - {labels: A-C, seats: [5, 5], category: near}
      - {labels: D-H, seats: [6, 6], category: far, gap_before: 0.6}
    marks:
      - {rows: D, numbers: [1, 12], flags: [accessible]}
      - {rows: D, numbers: [2, 11], flags: [companion]}
`;

async function pick(page: Page): Promise<void> {
  for (const number of SEATS) await (await seatInList(page, "E", number)).click();
  await page.getByText("€150.00").first().waitFor();
  await page.getByRole("button", { name: "Map", exact: true }).click();
}

/** Takes a picture of a page that has come to rest, but for its timers. */
async function save(page: Page, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await page.mouse.move(2, 2);
  await showTimers(page, "hidden");
  let picture = await page.screenshot({ animations: "disabled" });
  await expect
    .poll(async () => {
      const before = picture;
      picture = await page.screenshot({ animations: "disabled" });
      return picture.equals(before);
    }, AT_REST)
    .toBe(true);
  await showTimers(page, "");
  picture = await page.screenshot({ animations: "disabled", path: `${FOLDER}/${name}.png` });
  expect(picture.length).toBeGreaterThan(20_000);
}

async function showTimers(page: Page, visibility: "hidden" | ""): Promise<void> {
  await page.getByRole("timer", { includeHidden: true }).evaluateAll((timers, visibility) => {
    for (const timer of timers) (timer as HTMLElement).style.visibility = visibility;
  }, visibility);
}

type Row = components["schemas"]["EventLayout"]["sections"][number]["rows"][number];

/** Sells groups of neighbours all over the house, always the same ones; not in the stalls' row E. */
async function sell(house: House, nGroups: number, seed: number, largest = 4): Promise<void> {
  const params = { path: { event_id: house.eventId } };
  const layout = await dataOf(house.owner.GET("/v1/events/{event_id}/layout", { params }));
  const rows = layout.sections.flatMap((section) =>
    section.rows.filter((row) => row.label !== "E"),
  );
  const random = generator(seed);
  const sold = new Set<string>();
  for (let nth = 0; nth < nGroups; nth += 1) {
    const row = rows[Math.floor(random() * rows.length)] as Row;
    const first = Math.floor(random() * row.seats.length);
    const group = row.seats.slice(first, first + 1 + Math.floor(random() * largest));
    const labels = group.map(({ label }) => label).filter((label) => !sold.has(label));
    for (const label of labels) sold.add(label);
    if (labels.length > 0) await book(house, labels, "ana@browser.test");
  }
}

/** The Park and Miller generator: the same pictures each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
