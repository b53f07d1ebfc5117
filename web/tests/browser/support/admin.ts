import type { BrowserContextOptions, Page } from "playwright-core";
import { inject } from "vitest";
import { type Api, connect, dataOf } from "../../../src/api";
import { newPage } from "./browser";
import { admin, guest, type House } from "./house";
import { ADMIN_EMAIL, ADMIN_PASSWORD } from "./settings";

/** A page of somebody who has typed the administrator's password. */
export async function signedIn(
  options: BrowserContextOptions = {},
  origin = inject("origin"),
): Promise<Page> {
  const page = await newPage(options, { origin });
  await page.goto("/admin");
  await signIn(page);
  await page.getByRole("heading", { name: "Events" }).waitFor();
  return page;
}

export async function signIn(page: Page, email = ADMIN_EMAIL, password = ADMIN_PASSWORD) {
  await page.getByLabel("Mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Somebody who registered with a password, and what the administrator made of them. */
export async function register(
  email: string,
  password: string,
  { role = "customer" as "customer" | "venue_admin", origin = inject("origin") } = {},
): Promise<void> {
  const body = { email, password, name: "Somebody" };
  const nobody = connect(undefined, origin);
  const { account } = await dataOf(nobody.POST("/v1/accounts", { body }));
  const params = { path: { account_id: account.account_id } };
  const owner = await admin(origin);
  await owner.PUT("/v1/accounts/{account_id}/role", { params, body: { role } });
}

/** A guest who holds these seats. */
export async function hold(house: House, seats: string[]): Promise<{ buyer: Api; holdId: string }> {
  const buyer = await guest();
  const params = { path: { event_id: house.eventId } };
  const placed = await dataOf(
    buyer.POST("/v1/events/{event_id}/holds", { params, body: { seats } }),
  );
  return { buyer, holdId: placed.hold_id };
}

/** A guest's booking of these seats; answers its reference. */
export async function book(house: House, seats: string[], email: string): Promise<string> {
  const { buyer, holdId } = await hold(house, seats);
  const path = { event_id: house.eventId, hold_id: holdId };
  const body = { contact: { name: "Ana Example", email } };
  const booking = await dataOf(
    buyer.POST("/v1/events/{event_id}/holds/{hold_id}/confirm", { params: { path }, body }),
  );
  return booking.reference;
}

/** Lets go of a file over the page, as from a desktop, once the page says that it takes one. */
export async function drop(page: Page, name: string, content: string | number[]): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ([name, content]) => {
      const bytes = typeof content === "string" ? content : new Uint8Array(content);
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name));
      return transfer;
    },
    [name, content] as const,
  );
  await page.waitForFunction((dataTransfer) => {
    const over = { bubbles: true, cancelable: true, dataTransfer };
    return !document.body.dispatchEvent(new DragEvent("dragover", over));
  }, dataTransfer);
  for (const type of ["dragenter", "drop"]) {
    await page.dispatchEvent("body", type, { dataTransfer });
  }
}
