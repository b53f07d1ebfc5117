import { expect, it } from "vitest";
import { queryOf, readSearch } from "./entry-search";
import { meanwhile } from "./meanwhile";
import type { Entry } from "./waitlist-calls";

const ENTRY: Entry = {
  entry_id: "e",
  event_id: "v",
  state: "waiting",
  quantity: 2,
  together: true,
  contact: { name: "Ana", email: "ana@example.org" },
  joined_at: "2026-12-01T12:00:00Z",
  offer: null,
  position: 1,
  version: 1,
  priority: 0,
  skips: 0,
};

it("says what became of an entry while it was being changed", () => {
  const said = (change: Partial<Entry>) => meanwhile(ENTRY, { ...ENTRY, ...change });

  expect(said({ position: 2, skips: 1 })).toBeUndefined();
  expect(said({ priority: 5, version: 2 })).toMatch(/from priority 0 to 5/);
  expect(said({ version: 3 })).toMatch(/moved Ana, and back/);
  expect(said({ state: "offered", hold_id: "h" })).toMatch(/Seats are held for Ana now/);
  expect(said({ state: "left" })).toMatch(/Ana has left/);
  expect(said({ state: "removed" })).toMatch(/Somebody else has taken Ana off/);
  expect(said({ state: "accepted" })).toMatch(/has booked/);
  expect(meanwhile(ENTRY, undefined)).toMatch(/not on the list any more/);
});

it("says when an offer ended, or another came", () => {
  const offered: Entry = { ...ENTRY, state: "offered", hold_id: "h" };

  expect(meanwhile(offered, offered)).toBeUndefined();
  expect(meanwhile(offered, ENTRY)).toMatch(/waits again/);
  expect(meanwhile(offered, { ...offered, hold_id: "h2" })).toMatch(/Seats are held/);
});

it("a search is kept in the address", () => {
  expect(readSearch("?state=waiting")).toEqual({ state: "waiting" });
  expect(readSearch("?state=toString")).toEqual({});
  expect(readSearch("?state=left&email=%20a%40b.c")).toEqual({ email: "a@b.c" });
  expect(queryOf({ email: " a+b@c.d " })).toBe("?email=a%2Bb%40c.d");
  expect(queryOf({ state: "left" })).toBe("?state=left");
  expect(queryOf({})).toBe("");
});
