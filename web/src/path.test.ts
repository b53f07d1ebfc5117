import { expect, test } from "vitest";
import { match } from "./path";

test.each([
  ["/events/:event_id", "/events/7", { event_id: "7" }],
  ["/events/:event_id", "/events/7/", { event_id: "7" }],
  ["/events/:event_id", "/events/a%20b", { event_id: "a b" }],
  ["/events/:event_id", "/events/%E0%A4%A", { event_id: "%E0%A4%A" }],
  ["/events/:event_id", "/events", undefined],
  ["/events/:event_id", "/bookings/7", undefined],
  ["/events/:event_id", "/events/7/more", undefined],
])("%s on %s", (pattern, path, found) => {
  expect(match(pattern, path)).toEqual(found);
});
