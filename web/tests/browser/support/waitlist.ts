import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { type Api, type components, dataOf } from "../../../src/api";
import { guest, type House } from "./house";
import { MAILS } from "./settings";

type Entry = components["schemas"]["WaitlistEntry"];

let nPeople = 0;

/** A mail address that nobody else has. */
export function newAddress(): string {
  nPeople += 1;
  return `ana-${process.pid}-${nPeople}@example.org`;
}

/** Somebody who has bought these seats, and gives them back one by one. */
export class Seller {
  private constructor(
    private readonly buyer: Api,
    private readonly bookingId: string,
  ) {}

  static async buys(house: House, seats: string[]): Promise<Seller> {
    const buyer = await guest();
    const path = { event_id: house.eventId };
    const { hold_id } = await dataOf(
      buyer.POST("/v1/events/{event_id}/holds", { params: { path }, body: { seats } }),
    );
    const { booking_id } = await dataOf(
      buyer.POST("/v1/events/{event_id}/holds/{hold_id}/confirm", {
        params: { path: { ...path, hold_id } },
        body: { contact: { name: "Sam", email: newAddress() } },
      }),
    );
    return new Seller(buyer, booking_id);
  }

  async givesBack(...seats: string[]): Promise<void> {
    const params = { path: { booking_id: this.bookingId } };
    await this.buyer.POST("/v1/bookings/{booking_id}/cancel", { params, body: { seats } });
  }
}

/** A guest who waits, by the interface alone. */
export async function waits(
  house: House,
  quantity = 1,
  email = newAddress(),
): Promise<{ buyer: Api; entry: Entry }> {
  const buyer = await guest();
  const entry = await dataOf(
    buyer.POST("/v1/events/{event_id}/waitlist", {
      params: { path: { event_id: house.eventId } },
      body: { quantity, together: true, contact: { name: "Ana Lima", email } },
    }),
  );
  return { buyer, entry };
}

export async function setTerms(
  house: House,
  terms: Partial<components["schemas"]["WaitlistTerms"]>,
): Promise<void> {
  const params = { path: { event_id: house.eventId } };
  const { version } = await dataOf(
    house.owner.GET("/v1/events/{event_id}/waitlist/terms", { params }),
  );
  const body = { ...terms, version } as components["schemas"]["WaitlistTerms"];
  await house.owner.PUT("/v1/events/{event_id}/waitlist/terms", { params, body });
}

/** The path of the link in the newest mail with that subject that the service wrote to somebody. */
export async function mailedLink(email: string, subject: RegExp): Promise<string> {
  let link: string | undefined;
  await expect
    .poll(async () => (link = await findLink(email, subject)), { timeout: 15_000 })
    .toBeDefined();
  return link ?? "";
}

async function findLink(email: string, subject: RegExp): Promise<string | undefined> {
  const files = (await readdir(MAILS)).filter((name) => name.endsWith(".eml"));
  for (const file of files) {
    const text = await readFile(join(MAILS, file), "utf8");
    if (!text.includes(email) || !subject.test(text)) continue;
    // Long lines are folded, and the sign itself is written by its number.
    const plain = text.replace(/=\r?\n/g, "").replace(/=3D/g, "=");
    const found = /\/events\/[\w-]+#waitlist=[\w-]+/.exec(plain);
    if (found) return found[0];
  }
  return undefined;
}
