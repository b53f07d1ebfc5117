import { expect } from "vitest";
import type { Page } from "playwright-core";
import { connect, dataOf } from "../../../src/api";
import type { House } from "./house";

interface Point {
  x: number;
  y: number;
}

interface Size {
  width: number;
  height: number;
}

/** How finely the map is felt for a first seat, and how often a guess is mended. */
const STEP_PIXELS = 9;
const GUESSES_MAX = 20;

/**
 * Where a seat is on the screen, as somebody finds it who moves the pointer and reads what the map
 * says of the place: nothing of the map's inside is asked.
 *
 * @param name such as "Stalls, row A, seat 3"
 */
export async function placeOf(page: Page, house: House, name: string): Promise<Point> {
  const seats = await seatsOf(page, house);
  const wanted = seats.get(name);
  if (!wanted) throw new Error(`the house has no ${name}`);
  const box = await page.locator("canvas").first().boundingBox();
  if (!box) throw new Error("there is no map");
  let known = await feelFor(page, box, seats);
  // The whole house is shown at first: half of what would fill the map is a good enough guess.
  const bounds = boundsOf([...seats.values()]);
  let scale = Math.min(box.width / bounds.width, box.height / bounds.height) / 2;
  for (let guess = 0; guess < GUESSES_MAX && known.seat !== wanted; guess += 1) {
    const { at, seat } = known;
    const next = { x: at.x + (wanted.x - seat.x) * scale, y: at.y + (wanted.y - seat.y) * scale };
    const found = await seatNear(page, next, seats);
    const moved = found ? distance(found.seat, seat) : 0;
    if (found && moved > 0) {
      scale = distance(found.at, at) / moved;
      known = found;
    } else {
      scale *= found ? 1.3 : 0.75;
    }
  }
  if (known.seat === wanted) return known.at;
  throw new Error(`${name} was not found on the map`);
}

interface Found {
  at: Point;
  seat: Point;
}

async function feelFor(page: Page, box: Point & Size, seats: Seats): Promise<Found> {
  for (let y = box.y + box.height / 2; y < box.y + box.height; y += STEP_PIXELS) {
    for (let x = box.x + box.width / 3; x < box.x + (box.width * 2) / 3; x += STEP_PIXELS) {
      const found = await seatAt(page, { x, y }, seats);
      if (found) return found;
    }
  }
  throw new Error("no seat was found on the map");
}

/** Between two rows there is nothing: a little aside there may be a seat. */
async function seatNear(page: Page, { x, y }: Point, seats: Seats): Promise<Found | undefined> {
  for (const [right, down] of [
    [0, 0],
    [0, 6],
    [0, -6],
    [6, 0],
    [-6, 0],
  ] as const) {
    const found = await seatAt(page, { x: x + right, y: y + down }, seats);
    if (found) return found;
  }
  return undefined;
}

async function seatAt(page: Page, at: Point, seats: Seats): Promise<Found | undefined> {
  await page.mouse.move(at.x, at.y);
  const said = page.locator(".tooltip:not([hidden]) strong");
  const seat = (await said.count()) > 0 ? seats.get(await said.innerText()) : undefined;
  return seat && { at, seat };
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

type Seats = Map<string, Point>;

async function seatsOf(page: Page, house: House): Promise<Seats> {
  const api = connect(undefined, new URL(page.url()).origin);
  const params = { path: { event_id: house.eventId } };
  const layout = await dataOf(api.GET("/v1/events/{event_id}/layout", { params }));
  const named = layout.sections.flatMap((section) =>
    section.rows.flatMap((row) =>
      row.seats.map((seat): [string, Point] => [
        `${section.name}, row ${row.label}, seat ${seat.number}`,
        { x: seat.x, y: seat.y },
      ]),
    ),
  );
  return new Map(named);
}

function boundsOf(points: Point[]): Size {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  return {
    width: Math.max(...xs) - Math.min(...xs) || 1,
    height: Math.max(...ys) - Math.min(...ys) || 1,
  };
}

/** Waits until the map has its seats, as the legend tells. */
export async function openEvent(page: Page, house: House): Promise<void> {
  await page.goto(`/events/${house.eventId}`);
  await page
    .getByText(/\d free/)
    .first()
    .waitFor();
}

/** The list's button of a seat; the list is shown and the section opened first. */
export async function seatInList(page: Page, row: string, number: string) {
  const list = page.getByRole("button", { name: "List", exact: true });
  if ((await list.getAttribute("aria-pressed")) !== "true") await list.click();
  const details = page.locator("details").first();
  if (!(await details.evaluate((element) => (element as HTMLDetailsElement).open))) {
    await details.locator("summary").click();
  }
  return page.getByRole("button", { name: new RegExp(`^Row ${row},\\s*seat ${number}\\s*,`, "i") });
}

export async function expectOwn(page: Page, row: string, number: string): Promise<void> {
  const seat = await seatInList(page, row, number);
  await expect.poll(() => seat.getAttribute("aria-pressed"), { timeout: 10_000 }).toBe("true");
}

/** Name and mail, and the button. */
export async function book(page: Page): Promise<void> {
  await page.getByLabel("Name").fill("Ana Lima");
  await page.getByLabel("Mail address").fill("ana@example.org");
  await page.getByRole("button", { name: /^Book \d/ }).click();
}

/** The one booking that an event has, once its page is there. */
export async function bookedOn(page: Page, house: House) {
  await page.waitForURL(/\/bookings\//);
  const [booking, ...more] = await bookingsOf(house);
  if (!booking || more.length > 0) throw new Error("there is not exactly one booking");
  await page.getByText(booking.reference, { exact: true }).waitFor();
  return booking;
}

/** All bookings of an event, as its owner sees them. */
export async function bookingsOf(house: House) {
  const params = { path: { event_id: house.eventId } };
  return (await dataOf(house.owner.GET("/v1/events/{event_id}/bookings", { params }))).items;
}
