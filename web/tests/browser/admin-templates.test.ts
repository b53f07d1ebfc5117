import { expect, test } from "vitest";
import { dataOf } from "../../src/api";
import { drop, signedIn, signIn } from "./support/admin";
import { newPage, useBrowser } from "./support/browser";
import { heldBack } from "./support/held-back";
import { admin, guest, template, venue } from "./support/house";

useBrowser();

const WITH_MISTAKES = `format_version: 1
name: Crooked hall
time_zone: Europe/Wien
focal_point: [0, 0]
categories:
  - {key: near, name: Near, colour: "#d55e00"}
figures:
  - {kind: stage, name: Stage, at: [0, -1.5], rectangle: [8, 3]}
sections:
  - key: HALL
    name: Hall
    at: [0, 3]
    rows:
      - {labels: A-C, seats: 10, category: neer}
    marks:
      - {rows: A, numbers: 1, flags: [accessible]}
`;

test("a template with mistakes is underlined where they are, and mended", async () => {
  const page = await signedIn();
  await page.goto("/admin/venues");
  await drop(page, "crooked.yaml", WITH_MISTAKES);

  await page.getByRole("heading", { name: "2 mistakes" }).waitFor();
  const underlined = page.locator(".cm-lintRange-error");
  await underlined.nth(1).waitFor();
  expect(await underlined.allInnerTexts()).toEqual(["Europe/Wien", "neer"]);
  const entry = page.getByRole("button", { name: /line 14, column \d+.*There is no category/ });
  expect(await entry.innerText()).toContain("there are near");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("The template has mistakes; they are listed below.").waitFor();

  await entry.click();
  await page.keyboard.type("near");
  await page.getByRole("heading", { name: "1 mistake", exact: true }).waitFor();
  await page.getByRole("button", { name: /line 3/ }).click();
  await page.keyboard.type("Europe/Vienna");

  await page.getByRole("heading", { name: "No mistakes: 30 seats in 1 section" }).waitFor();
  await page.getByRole("region", { name: "Plan" }).locator("canvas").first().waitFor();
  expect(await underlined.count()).toBe(0);
});

test("a file becomes an event on sale", async () => {
  const page = await signedIn();
  const name = `From a file ${Date.now()}`;
  await page.goto("/admin/venues");
  await drop(page, "house.json", JSON.stringify({ ...template(4, 10), name }));
  await page.getByText("No mistakes: 40 seats").waitFor();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved with 40 seats.").first().waitFor();

  await page.getByRole("link", { name: "Make an event here" }).click();
  await page.getByLabel("Name").fill(`${name}, the event`);
  await page.getByLabel("Starts").fill("2033-03-27T02:30");
  await page.getByLabel("Standard").fill("49,5");
  await page.getByText("A full house takes €1,980.00.").waitFor();
  await page.getByRole("button", { name: "Make the event" }).click();
  await page.getByText("there is no 02:30").waitFor();
  await page.getByLabel("Starts").fill("2033-03-27T19:30");
  await page.getByRole("button", { name: "Make the event" }).click();

  await page.getByRole("heading", { name: `${name}, the event` }).waitFor();
  const found = await eventsNamed(name);
  expect(found, "a draft is nobody's business").toEqual([]);
  await page.getByRole("button", { name: "Put on sale" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  const [event] = await eventsNamed(name);
  expect(event).toMatchObject({
    state: "on_sale",
    starts_at: "2033-03-27T17:30:00Z",
    prices: [{ category: "standard", amount: "49.50" }],
  });
});

test("a venue that is saved again after the answer was lost is one venue", async () => {
  const page = await newPage({}, { expected: /status of|ERR_FAILED/ });
  await page.goto("/admin");
  await signIn(page);
  await page.getByRole("heading", { name: "Events" }).waitFor();
  const name = `Lost and found ${Date.now()}`;
  await page.goto("/admin/venues");
  await drop(page, "house.json", JSON.stringify({ ...template(2, 5), name }));
  await page.getByText("No mistakes: 10 seats").waitFor();
  let nLost = 0;
  await page.route("**/v1/venues", async (route) => {
    nLost += 1;
    await route.fetch();
    await route.abort();
    await page.unroute("**/v1/venues");
  });
  const save = page.getByRole("button", { name: "Save", exact: true });
  await save.click();
  await page.getByText("There is no connection to the service.").first().waitFor();
  expect(nLost).toBe(1);

  await save.click();
  await page.getByText("Saved with 10 seats.").first().waitFor();

  const owner = await admin();
  const { items } = await dataOf(owner.GET("/v1/venues", { params: { query: { limit: 200 } } }));
  expect(items.filter((venue) => venue.name === name)).toHaveLength(1);
});

test("while a new venue is being saved nothing is typed that would be left behind", async () => {
  const page = await signedIn();
  const name = `Saved slowly ${Date.now()}`;
  await page.goto("/admin/venues");
  await drop(page, "house.json", JSON.stringify({ ...template(2, 5), name }));
  await page.getByText("No mistakes: 10 seats").waitFor();
  const slow = await heldBack(page, "**/v1/venues");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await slow.isAsked;

  await page.getByRole("textbox", { name: "Template" }).focus();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("too late");
  await drop(page, "other.yaml", WITH_MISTAKES);
  await page.getByText("please open other.yaml again").waitFor();
  slow.letGo();

  await page.getByText("Saved with 10 seats.").first().waitFor();
  await page.getByRole("textbox", { name: "Template" }).getByText(name).waitFor();
  const drafts = await page.evaluate(() => Object.keys(localStorage));
  expect(drafts.filter((key) => key.startsWith("holdfast-draft:"))).toEqual([]);
  await page.getByRole("textbox", { name: "Template" }).focus();
  await page.keyboard.type("#");
  await page.getByText(", changed").waitFor();
});

test("files that are no templates are refused in a sentence", async () => {
  const page = await signedIn();
  await page.goto("/admin/venues");
  const alert = page.getByRole("alert");

  await drop(page, "plan.png", [0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13]);
  await alert.getByText("plan.png is no text").waitFor();
  await drop(page, "old.yaml", [0x61, 0x0a, 0xe9, 0x0a]);
  await alert.getByText("old.yaml is not in UTF-8: line 2").waitFor();
  await drop(page, "huge.yaml", "# far too long\n".repeat(300_000));
  await alert.getByText("huge.yaml has 4.3 MB").waitFor();
  await drop(page, "none.yaml", "");
  await alert.getByText("none.yaml is empty").waitFor();
  expect(new URL(page.url()).pathname).toBe("/admin/venues");

  await drop(page, "prose.txt", "Dear all,\nplease find attached\n\tthe plan: [");
  await page.getByRole("heading", { name: /\d+ mistakes?/ }).waitFor();
});

test("the next version is compared with the one before, seat by seat", async () => {
  const owner = await admin();
  const first = template(3, 10) as { sections: { rows: object[] }[] };
  const venueId = await venue(owner, first);
  const page = await signedIn();
  await page.goto(`/admin/venues/${venueId}`);
  await page.getByText("No mistakes: 30 seats").waitFor();

  const next = structuredClone(first);
  next.sections[0]?.rows.push({ labels: "D", seats: 12, category: "standard" });
  Object.assign(next.sections[0]?.rows[0] ?? {}, { labels: "A-B" });
  await drop(page, "next.json", JSON.stringify(next));
  await page.getByText("No mistakes: 32 seats").waitFor();
  await page.getByRole("button", { name: "Save as next version" }).click();

  const dialog = page.getByRole("dialog", { name: "What changes" });
  const line = (name: string) => dialog.locator("summary, p").filter({ hasText: name });
  await line("New seats").waitFor();
  expect(await line("New seats").innerText()).toMatch(/12$/);
  expect(await line("Only in version 1").innerText()).toMatch(/10$/);
  await line("Only in version 1").click();
  await dialog.getByText("S-C-1 to S-C-10").waitFor();
  await dialog.getByRole("button", { name: "Save as version 2" }).click();

  await page.getByText("Saved as version 2 with 32 seats.").waitFor();
  const path = { venue_id: venueId };
  const stored = await dataOf(owner.GET("/v1/venues/{venue_id}", { params: { path } }));
  expect(stored).toMatchObject({ version: 2, seat_count: 32 });
});

test("what was typed and not saved is offered after a reload", async () => {
  const page = await signedIn();
  await page.goto("/admin/venues/new");
  await page.getByText("No mistakes").waitFor();
  await page.getByRole("textbox", { name: "Template" }).click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("# not saved yet\n");
  await page.waitForFunction(() => {
    return (localStorage.getItem("holdfast-draft:new") ?? "").includes("# not saved yet");
  });

  await page.getByRole("link", { name: "Events" }).click();
  await page.getByRole("dialog", { name: "Leave without saving?" }).waitFor();
  await page.getByRole("button", { name: "Stay here" }).click();
  page.on("dialog", (dialog) => void dialog.accept());
  await page.reload();

  await page.getByText("was not saved.").waitFor();
  expect(await page.getByText("# not saved yet").count()).toBe(0);
  await page.getByRole("button", { name: "Go on with it" }).click();
  await page.getByText("# not saved yet").waitFor();
});

test("a draft that is taken before the editor has come is in the editor", async () => {
  const page = await signedIn();
  await page.goto("/admin/venues/new");
  await page.getByRole("textbox", { name: "Template" }).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("# from before");
  await page.waitForFunction(() => {
    return (localStorage.getItem("holdfast-draft:new") ?? "").includes("# from before");
  });
  page.on("dialog", (dialog) => void dialog.accept());
  const slow = await heldBack(page, "**/assets/codemirror*");
  await page.reload({ waitUntil: "commit" });

  await page.getByRole("button", { name: "Go on with it" }).click();
  slow.letGo();

  await page.getByRole("textbox", { name: "Template" }).getByText("# from before").waitFor();
});

test("without a connection the editor says so, and goes on by itself", async () => {
  const page = await newPage({}, { expected: /status of|ERR_INTERNET_DISCONNECTED/ });
  await page.goto("/admin");
  await signIn(page);
  await page.getByRole("heading", { name: "Events" }).waitFor();
  await page.goto("/admin/venues/new");
  await page.getByText("No mistakes").waitFor();
  await page.getByRole("textbox", { name: "Template" }).waitFor();

  await page.context().setOffline(true);
  await page.getByRole("textbox", { name: "Template" }).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("# typed without a connection");
  await page.getByText("There is no connection to the service.").waitFor();
  await page.context().setOffline(false);

  await page.getByText("There is no connection to the service.").waitFor({ state: "detached" });
  await page.getByText("# typed without a connection").waitFor();
});

async function eventsNamed(name: string) {
  const buyer = await guest();
  const params = { query: { q: name } };
  return (await dataOf(buyer.GET("/v1/events", { params }))).items;
}
