import { expect, test } from "vitest";
import { dataOf } from "../../src/api";
import { drop, signedIn } from "./support/admin";
import { useBrowser } from "./support/browser";
import { admin, template, venue } from "./support/house";

useBrowser();

test("who confirms after somebody else has saved a version is asked again", async () => {
  const owner = await admin();
  const first = template(3, 10);
  const venueId = await venue(owner, first);
  const page = await signedIn();
  await page.goto(`/admin/venues/${venueId}`);
  await page.getByText("No mistakes: 30 seats").waitFor();
  await drop(page, "next.json", JSON.stringify(template(3, 12)));
  await page.getByText("No mistakes: 36 seats").waitFor();
  await page.getByRole("button", { name: "Save as next version" }).click();
  const dialog = page.getByRole("dialog", { name: "What changes" });
  await dialog.getByRole("button", { name: "Save as version 2" }).waitFor();

  const path = { venue_id: venueId };
  const others = template(3, 11) as Record<string, never>;
  await dataOf(owner.PUT("/v1/venues/{venue_id}/template", { params: { path }, body: others }));
  await dialog.getByRole("button", { name: "Save as version 2" }).click();

  await dialog.getByText("Somebody saved version 2 while you wrote upon version 1.").waitFor();
  const stored = async () => dataOf(owner.GET("/v1/venues/{venue_id}", { params: { path } }));
  expect(await stored()).toMatchObject({ version: 2, seat_count: 33 });
  await dialog.getByRole("button", { name: "Save as version 3" }).click();
  await page.getByText("Saved as version 3 with 36 seats.").waitFor();
  expect(await stored()).toMatchObject({ version: 3, seat_count: 36 });
});
