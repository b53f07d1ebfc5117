import { mkdirSync } from "node:fs";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";
import { CHROMIUM, SCREENSHOTS } from "./settings";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};
export const SMALL_PHONE: BrowserContextOptions = {
  ...PHONE,
  viewport: { width: 360, height: 640 },
};
export const DARK: BrowserContextOptions = { colorScheme: "dark" };

/** On a machine that is busy with other tests; what is waited for comes much sooner. */
const PATIENCE = 60_000;

let browser: Browser;
let pages: Page[] = [];
let complaints: string[] = [];

/** Gives a file of tests one browser. A page that logs an error fails its test. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await takeScreenshots(task.name);
    // What a test still holds back would fail the run when its page is gone.
    const open = pages.filter((page) => !page.isClosed());
    await Promise.all(open.map((page) => page.unrouteAll({ behavior: "ignoreErrors" })));
    await Promise.all(pages.map((page) => page.context().close()));
    const heard = complaints;
    pages = [];
    complaints = [];
    expect(heard, "what the pages complained of").toEqual([]);
  });
  afterAll(() => browser.close());
}

/**
 * A page as a new person has it: no cookie, no storage, nobody signed in.
 *
 * @param expected what the browser may complain of: answers with a problem's status are logged.
 */
export async function newPage(
  options: BrowserContextOptions = {},
  { origin = inject("origin"), expected = /status of (4\d\d|503)/ } = {},
): Promise<Page> {
  const context = await browser.newContext({ baseURL: origin, locale: "en-GB", ...options });
  context.setDefaultTimeout(PATIENCE);
  return observed(await context.newPage(), expected);
}

/** Another tab of the same person. */
export async function newTab(page: Page, expected = /status of (4\d\d|503)/): Promise<Page> {
  return observed(await page.context().newPage(), expected);
}

function observed(page: Page, expected: RegExp): Page {
  const note = (text: string): void => {
    if (!expected.test(text)) complaints.push(text);
  };
  page.on("console", (message) => {
    if (message.type() === "error") note(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => note(String(error)));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const isOwn = hostname === "127.0.0.1" || protocol === "blob:" || protocol === "data:";
    if (!isOwn) complaints.push(`a request to ${hostname}`);
  });
  pages.push(page);
  return page;
}

/** Asserts that axe finds nothing serious or critical. */
export async function expectAccessible(page: Page): Promise<void> {
  // A colour in transition has a contrast that nobody reads.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.evaluate(() => {
    const ending = document
      .getAnimations()
      .filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity);
    return Promise.allSettled(ending.map((animation) => animation.finished));
  });
  // Evaluated by the debugger, which the page's Content-Security-Policy does not concern.
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" ")}`);
  });
  expect(found).toEqual([]);
}

/** The same in light, in dark and on a small phone, where nothing may scroll sideways. */
export async function expectAccessibleInAllLooks(page: Page): Promise<void> {
  const before = page.viewportSize();
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 640 });
  await expectAccessible(page);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, "scrolls sideways").toBeLessThanOrEqual(360);
  await page.emulateMedia({ colorScheme: "light" });
  if (before) await page.setViewportSize(before);
}

async function takeScreenshots(test: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const name = test.replace(/[^a-z0-9]+/gi, "-").slice(0, 80);
  for (const [nth, page] of pages.entries()) {
    await page.screenshot({ path: `${SCREENSHOTS}${name}-${nth}.png` }).catch(() => undefined);
  }
}
