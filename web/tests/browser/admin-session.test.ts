import { expect, test } from "vitest";
import { register, signedIn, signIn } from "./support/admin";
import { newPage, newTab, useBrowser } from "./support/browser";
import { onSale } from "./support/house";
import { ADMIN_EMAIL } from "./support/settings";

useBrowser();

test("an admin signs in, stays signed in in another tab, and signs out of both", async () => {
  const page = await signedIn();

  const tab = await newTab(page);
  await tab.goto("/admin/venues");
  await tab.getByRole("heading", { name: "Venues" }).waitFor();
  await tab.getByRole("button", { name: "Sign out" }).click();

  await page.getByLabel("Password").waitFor();
  expect(await page.title()).toBe("Sign in · Holdfast");
  await page.reload();
  await page.getByLabel("Password").waitFor();
});

test("a wrong password is a sentence, and the address stays typed", async () => {
  const page = await newPage();
  await page.goto("/admin");

  await signIn(page, ADMIN_EMAIL, "not the right password");

  await page.getByText("That mail address and password do not belong together.").waitFor();
  expect(await page.getByLabel("Mail address").inputValue()).toBe(ADMIN_EMAIL);
});

test("somebody who only buys seats is told kindly", async () => {
  await register("buyer@browser.test", "a long enough password");
  const page = await newPage();
  await page.goto("/admin/venues");

  await signIn(page, "buyer@browser.test", "a long enough password");

  await page.getByRole("heading", { name: "Not for this account" }).waitFor();
  await page.getByRole("button", { name: "Sign in as somebody else" }).click();
  await page.getByLabel("Password").waitFor();
});

test("somebody else's event is not shown as one's own", async () => {
  const house = await onSale(1, 3);
  const email = "venues@browser.test";
  await register(email, "a long enough password", { role: "venue_admin" });
  const page = await newPage();
  await page.goto(`/admin/events/${house.eventId}`);

  await signIn(page, email, "a long enough password");

  await page.getByText("This event is somebody else's.").waitFor();
  await page.goto("/admin/events");
  await page.getByText("You have no event yet.").waitFor();
});

test("a session that is over is noticed, and nothing typed is lost", async () => {
  const page = await signedIn();
  await page.goto("/admin/venues/new");
  await page.getByText("No mistakes").waitFor();
  await page.getByRole("textbox", { name: "Template" }).click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("# typed before anybody knew\n");
  // Another tab leaves a token that the service does not take any more.
  const tab = await newTab(page);
  await tab.goto("/icon.svg");
  await tab.evaluate(() => {
    const key = "holdfast-admin-session";
    const session = JSON.parse(localStorage.getItem(key) ?? "{}") as Record<string, unknown>;
    localStorage.setItem(key, JSON.stringify({ ...session, token: "forged" }));
  });

  // The page may have noticed by itself: then the dialog lies over the button already.
  await page.getByRole("button", { name: "Save", exact: true }).dispatchEvent("click");
  const dialog = page.getByRole("dialog", { name: "Please sign in again" });
  await dialog.waitFor();
  await signIn(page);
  await dialog.waitFor({ state: "detached" });

  await page.getByText("Saved with").first().waitFor();
  await page.getByText("# typed before anybody knew").waitFor();
});

test("Back and signing out ask before they throw away what was typed", async () => {
  const page = await signedIn();
  await page.getByRole("link", { name: "New event" }).click();
  const name = page.getByLabel("Name");
  await name.fill("Typed for a long time");
  const dialog = page.getByRole("dialog", { name: "Leave without saving?" });
  const back = () => page.evaluate(() => history.back());

  await back();
  await dialog.getByRole("button", { name: "Stay here" }).click();
  expect(new URL(page.url()).pathname).toBe("/admin/events/new");
  await page.getByRole("button", { name: "Sign out" }).click();
  await dialog.getByRole("button", { name: "Stay here" }).click();
  await page.getByRole("link", { name: "Venues" }).click();
  await dialog.getByRole("button", { name: "Stay here" }).click();
  expect(await name.inputValue()).toBe("Typed for a long time");

  await back();
  await dialog.getByRole("button", { name: "Leave", exact: true }).click();
  await page.getByRole("heading", { name: "Events" }).waitFor();
  await page.evaluate(() => history.forward());
  expect(await name.inputValue()).toBe("");
  await back();
  await page.getByRole("heading", { name: "Events" }).waitFor();
});
