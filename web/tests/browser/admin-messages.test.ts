import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dataOf } from "../../src/api";
import { register, signedIn, signIn } from "./support/admin";
import { expectAccessibleInAllLooks, newPage, useBrowser } from "./support/browser";
import { admin, guest, onSaleIn } from "./support/house";
import { MailServer } from "./support/mail-server";
import { Service } from "./support/service";
import { isSigned, WebhookReceiver } from "./support/webhook-receiver";

let service: Service;
let mails: MailServer;
let receiver: WebhookReceiver;

useBrowser();
beforeAll(async () => {
  mails = await MailServer.start(/^gone@/);
  receiver = await WebhookReceiver.start();
  service = await Service.startAlone({
    HOLDFAST_SMTP_URL: mails.url,
    HOLDFAST_WEBHOOK_PRIVATE_ADDRESSES: "allow",
  });
});
afterAll(async () => {
  await service.stop();
  mails.stop();
  receiver.stop();
});

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });

test("an endpoint is made with the keyboard, tested, told again, and deleted", async () => {
  const page = await signedIn({}, service.origin);
  await page.goto("/admin/messages/new");
  await page.getByLabel("Address").focus();
  await page.keyboard.press("Enter");
  await page.getByText("Please give the address that messages are sent to.").waitFor();
  await page.getByText("Please choose at least one.").waitFor();
  await expectAccessibleInAllLooks(page);
  await page.getByLabel("Address").fill("ftp://nowhere.test");
  await page.getByLabel("A booking was made").press("Space");
  await page.keyboard.press("Enter");
  await page.getByText("It must begin with https://.").waitFor();

  await page.getByLabel("Address").fill(receiver.url);
  await page.keyboard.press("Enter");
  await page.getByText("It is shown this once.").waitFor();
  const secret = await page.getByLabel("Secret", { exact: true }).inputValue();
  await page.getByRole("link", { name: "To the endpoint" }).press("Enter");
  await button(page, "Send a test").press("Enter");

  const log = page.getByRole("list", { name: "Deliveries" });
  await log.getByText("Sent", { exact: true }).waitFor();
  await log.getByRole("strong").getByText("webhook.test").waitFor();
  expect(receiver.received.map((message) => isSigned(message, secret))).toEqual([true]);
  await button(page, /^Send again/).press("Enter");
  await expect.poll(() => receiver.ids().length).toBe(2);
  expect(new Set(receiver.ids()).size).toBe(1);
  await log.getByText("2 attempts").waitFor();
  await expectAccessibleInAllLooks(page);

  receiver.status = 500;
  await button(page, "Send a test").click();
  await log.getByText("Trying again").waitFor();
  await log.getByText("500", { exact: true }).waitFor();
  await page.getByText("Failing", { exact: true }).waitFor();
  receiver.status = 204;

  await button(page, "New secret…").click();
  await button(page, "Make it").click();
  const renewed = await page.getByLabel("Secret", { exact: true }).inputValue();
  expect(renewed).not.toBe(secret);
  await button(page, "I have kept it").click();
  await page.getByText("the secret before the current one signs, too").waitFor();
  await button(page, "Disable").click();
  await page.getByText("Nothing is sent: its owner disabled it.").waitFor();
  await page.getByText("Address and messages").press("Enter");
  await page.getByLabel("Description").fill("the box office");
  await button(page, "Save").click();
  await expect.poll(() => button(page, "Save").isDisabled()).toBe(true);
  await page.getByRole("link", { name: "Webhooks" }).click();
  await page.getByText("the box office").waitFor();
  await page.getByText("Disabled", { exact: true }).waitFor();
  await expectAccessibleInAllLooks(page);

  await page.getByRole("link", { name: receiver.url }).click();
  await button(page, "Delete…").click();
  await button(page, "Delete it").click();
  await page.getByText("No endpoint yet.").waitFor();
});

test("an endpoint that was asked for holds still has them when another box is ticked", async () => {
  const owner = await admin(service.origin);
  const body = { url: receiver.url, kinds: ["booking.confirmed", "hold.expired"] } as const;
  const { endpoint_id } = await dataOf(
    owner.POST("/v1/webhook-endpoints", { body: { ...body, kinds: [...body.kinds] } }),
  );
  const page = await signedIn({}, service.origin);
  await page.goto(`/admin/messages/${endpoint_id}`);
  await page.getByText("Address and messages").click();
  expect(await page.getByLabel("A hold ran out of time").isChecked()).toBe(true);
  await page.getByLabel("An event was put on sale").check();
  await button(page, "Save").click();
  await expect.poll(() => button(page, "Save").isDisabled()).toBe(true);

  const params = { path: { endpoint_id } };
  const { kinds } = await dataOf(owner.GET("/v1/webhook-endpoints/{endpoint_id}", { params }));
  expect(kinds.sort()).toEqual(["booking.confirmed", "event.opened", "hold.expired"]);
  await owner.DELETE("/v1/webhook-endpoints/{endpoint_id}", { params });
});

test("an endpoint is not shown again as it was before somebody changed it", async () => {
  const owner = await admin(service.origin);
  const body = { url: receiver.url, kinds: ["booking.confirmed" as const] };
  const { endpoint_id } = await dataOf(owner.POST("/v1/webhook-endpoints", { body }));
  const page = await signedIn({}, service.origin);
  await page.goto(`/admin/messages/${endpoint_id}`);
  await button(page, "Disable").waitFor();
  let nAsked = 0;
  let answer = (): void => undefined;
  const mayCome = new Promise<void>((resolve) => (answer = resolve));
  await page.route(`**/v1/webhook-endpoints/${endpoint_id}`, async (route) => {
    if (route.request().method() !== "GET") return route.continue();
    nAsked += 1;
    const response = await route.fetch();
    await mayCome;
    if (nAsked === 1) await route.fulfill({ response });
  });
  const look = () => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await look();
  await expect.poll(() => nAsked).toBe(1);
  await button(page, "Disable").click();
  await page.getByText("Nothing is sent: its owner disabled it.").waitFor();

  answer();

  // Asked anew only when the answer has been taken.
  await expect.poll(() => look().then(() => nAsked)).toBe(2);
  expect(await page.getByText("Nothing is sent: its owner disabled it.").count()).toBe(1);
  const params = { path: { endpoint_id } };
  await owner.DELETE("/v1/webhook-endpoints/{endpoint_id}", { params });
});

test("a letter that was refused is sent again by an administrator, whom alone it is shown", async () => {
  const house = await onSaleIn("Kammertheater", {}, service.origin);
  const buyer = await guest(service.origin);
  const { eventId: event_id } = house;
  const params = { path: { event_id } };
  const layout = await dataOf(house.owner.GET("/v1/events/{event_id}/layout", { params }));
  const seat = layout.sections[0]?.rows[0]?.seats[0]?.label ?? "";
  const { hold_id } = await dataOf(
    buyer.POST("/v1/events/{event_id}/holds", { params, body: { seats: [seat] } }),
  );
  await buyer.POST("/v1/events/{event_id}/holds/{hold_id}/confirm", {
    params: { path: { event_id, hold_id } },
    body: { contact: { name: "Ana", email: "gone@browser.test" } },
  });
  await register("host@browser.test", "a long enough password", {
    role: "venue_admin",
    origin: service.origin,
  });

  const host = await newPage({}, { origin: service.origin });
  await host.goto("/admin/messages");
  await signIn(host, "host@browser.test", "a long enough password");
  await host.getByText("No endpoint yet.").waitFor();
  expect(await host.getByText("Dead letters").count()).toBe(0);
  await host.goto("/admin/messages/dead-letters");
  await host.getByText("Only administrators of this service").waitFor();

  const page = await signedIn({}, service.origin);
  await page.getByRole("link", { name: "Messages" }).click();
  await page.getByRole("link", { name: "Dead letters" }).press("Enter");
  await expect
    .poll(async () => {
      await page.reload();
      return page.getByText(/no such mailbox|No message was given up/).innerText();
    })
    .toMatch(/550/);
  await page.getByText("Mail: Booking confirmed").waitFor();
  await expectAccessibleInAllLooks(page);
  expect(mails.taken.size).toBe(0);
  await button(page, "Send again Booking confirmed").press("Enter");

  await page.getByText("No message was given up.").waitFor();
  await expect.poll(() => mails.taken.get("gone@browser.test")?.length).toBe(1);
});
