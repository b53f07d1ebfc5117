import { expect, test } from "vitest";
import { agoText, asRead, toldBy, type Notification } from "./notices";

const ONE: Notification = {
  notification_id: "n",
  kind: "booking.confirmed",
  event_id: "e",
  event_name: "Trios",
  subject_id: "s",
  happened_at: "2027-01-01T12:00:00Z",
  read_at: null,
};

test.each([
  ["booking.confirmed", "/bookings/s"],
  ["booking.cancelled", "/bookings/s"],
  ["event.reminder", "/bookings/s"],
  ["event.changed", "/events/e"],
  ["waitlist.joined", "/events/e"],
  ["waitlist.offered", "/events/e"],
  ["waitlist.accepted", "/bookings"],
  ["waitlist.lapsed", "/events/e"],
  ["something.new", "/events/e"],
])("%s leads to %s", (kind, href) => {
  const told = toldBy({ ...ONE, kind });
  expect(told.href).toBe(href);
  expect(told.text).toMatch(/\.$/);
});

test.each([
  ["2027-01-01T12:00:30Z", "just now"],
  ["2027-01-01T11:59:00Z", "just now"],
  ["2027-01-01T12:05:00Z", "5 minutes ago"],
  ["2027-01-01T13:59:00Z", "1 hour ago"],
  ["2027-01-02T12:00:00Z", "yesterday"],
  ["2027-01-11T12:00:00Z", "10 days ago"],
  ["2027-01-22T12:00:00Z", "3 weeks ago"],
])("at %s it was %s", (now, text) => {
  expect(agoText(ONE.happened_at, Date.parse(now), "en")).toBe(text);
});

test("what was read before keeps its time", () => {
  expect(asRead(ONE).read_at).not.toBeNull();
  const read = { ...ONE, read_at: "2027-01-01T13:00:00Z" };
  expect(asRead(read)).toEqual(read);
});
