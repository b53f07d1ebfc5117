import { expect, test } from "vitest";
import { newPage, useBrowser } from "./support/browser";
import { onSale } from "./support/house";
import { book, bookingsOf, openEvent, seatInList } from "./support/map";

useBrowser();

test.each([
  ["no JSON", "<html>a proxy's error</html>"],
  ["another document", '{"hello": "world"}'],
  ["a seat nowhere", '{"seat_count": 1, "sections": [{"rows": [{"seats": [{"x": "far"}]}]}]}'],
])("a layout that is %s leaves the page usable", async (_, body) => {
  const house = await onSale(2, 6);
  const page = await newPage();
  await page.route("**/layout", (route) =>
    route.fulfill({ status: 200, contentType: "application/json", body }),
  );
  await page.goto(`/events/${house.eventId}`);

  await page.getByRole("heading", { name: "The seats cannot be shown" }).waitFor();
  await page.getByRole("heading", { name: "An evening of trios" }).waitFor();
  await page.unroute("**/layout");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("12 free").first().waitFor();
});

test("a hold can be confirmed although the layout has become garbled", async () => {
  const house = await onSale(2, 6);
  const page = await newPage();
  await openEvent(page, house);
  await (await seatInList(page, "A", "1")).click();
  await page.getByRole("heading", { name: "Your 1 seat" }).waitFor();
  await page.route("**/layout", (route) => route.fulfill({ status: 200, body: "garbage" }));
  await page.reload();

  await page.getByRole("heading", { name: "The seats cannot be shown" }).waitFor();
  await page.getByText("S, row A, seat 1").first().waitFor();
  await book(page);

  await page.waitForURL(/\/bookings\//);
  await page.getByText("S, row A, seat 1").first().waitFor();
  expect(await bookingsOf(house)).toHaveLength(1);
});

test("a feed that is garbled is said, and caught up with when it is mended", async () => {
  const house = await onSale(2, 6);
  const page = await newPage();
  let isGarbled = true;
  await page.route("**/live*", (route) => {
    if (!isGarbled) return route.continue();
    const body = 'id: 1-1\nevent: snapshot\ndata: {"epoch": 1, "revision": "x", "states": 7}\n\n';
    return route.fulfill({ status: 200, contentType: "text/event-stream", body });
  });
  await page.goto(`/events/${house.eventId}`);
  await page
    .locator("main")
    .getByText(/this catches up by itself/)
    .waitFor();

  isGarbled = false;

  await page.getByText("12 free").first().waitFor();
  await page
    .locator("main")
    .getByText(/this catches up by itself/)
    .waitFor({ state: "detached" });
});

test("what another version has stored on the device is no obstacle", async () => {
  const house = await onSale(2, 6);
  const page = await newPage();
  await page.addInitScript((eventId) => {
    localStorage.setItem(`holdfast.hold.${eventId}`, '{"hold": 7, "placing": []');
    localStorage.setItem("holdfast.guest", '"no object"');
    localStorage.setItem("holdfast.bookings", '{"not": "a list"}');
  }, house.eventId);
  await openEvent(page, house);

  await (await seatInList(page, "A", "1")).click();

  await page.getByRole("heading", { name: "Your 1 seat" }).waitFor();
  await page.goto("/bookings");
  await page.getByText("Nothing has been booked on this device yet.").waitFor();
});

test("a token that the service refuses is replaced", async () => {
  const house = await onSale(2, 6);
  const page = await newPage();
  await page.addInitScript(() => {
    if (localStorage.getItem("holdfast.guest")) return;
    localStorage.setItem("holdfast.guest", '{"token": "not.a.token"}');
  });
  await openEvent(page, house);

  await (await seatInList(page, "A", "1")).click();

  await page
    .getByRole("timer", { name: "Time left" })
    .getByText(/\d:\d\d/)
    .waitFor();
});

test.each([
  ["/events/none", "There is no such event"],
  ["/events/00000000-0000-0000-0000-000000000000", "There is no such event"],
  ["/bookings/none", "Find your booking"],
])("%s is a page that says what is wrong", async (path, heading) => {
  const page = await newPage();
  await page.goto(path);
  await page.getByRole("heading", { name: heading }).waitFor();
});
