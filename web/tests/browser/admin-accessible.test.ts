import { expect, test } from "vitest";
import { book, signedIn } from "./support/admin";
import { DARK, expectAccessible, newPage, SMALL_PHONE, useBrowser } from "./support/browser";
import { onSale } from "./support/house";

useBrowser();

const LOOKS = { light: {}, dark: DARK, "a small phone": SMALL_PHONE };

test.each(Object.entries(LOOKS))("every admin page is accessible: %s", async (_, look) => {
  const house = await onSale(3, 10);
  const reference = await book(house, ["S-A-1"], "eve@browser.test");
  const page = await newPage(look);
  await page.goto("/admin");
  await page.getByLabel("Password").waitFor();
  await expectAccessible(page);

  const admin = await signedIn(look);
  const event = `/admin/events/${house.eventId}`;
  for (const [path, sign] of [
    ["/admin/events", "New event"],
    ["/admin/events?state=cancelled", "New event"],
    ["/admin/events/new", "Prices"],
    ["/admin/venues", "Stadium"],
    ["/admin/venues/new", "No mistakes"],
    [`/admin/venues/${house.venueId}`, "No mistakes"],
    [event, "last change"],
    [`${event}/edit`, "Prices"],
    [`${event}/bookings`, reference],
    ["/admin/nowhere", "There is nothing here"],
    ["/admin/events/0", "This event cannot be opened"],
    ["/admin/venues/0", "This venue cannot be opened"],
  ] as const) {
    await admin.goto(path);
    if (path === event) {
      await admin.getByText("Live", { exact: true }).waitFor();
      await book(house, ["S-B-1"], "eve@browser.test");
    }
    await admin.getByText(sign).first().waitFor();
    expect(await admin.title(), path).toMatch(/ · Holdfast$/);
    await expectAccessible(admin);
    const { width, room } = await admin.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      room: innerWidth,
    }));
    expect(width, `${path} scrolls sideways`).toBeLessThanOrEqual(room);
  }
});

test("the first stop of the keyboard leads to the page's content", async () => {
  const page = await signedIn();
  await page.goto("/admin/venues");
  await page.getByText("Stadium").first().waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.id === "main");
  expect(new URL(page.url()).hash).toBe("");
});
