import { expect, it } from "vitest";
import { filterOf, keyed, logQueryOf } from "./log-filter";
import type { Decision } from "./waitlist-calls";

const ENTRY = "01a23179-de00-7c65-9330-4f949bb03311";

it("a filter is kept in the address; nonsense in it is left out", () => {
  expect(filterOf(`?entry=${ENTRY}&kind=moved`)).toEqual({ entry_id: ENTRY, kind: "moved" });
  expect(filterOf("?entry=7&kind=vanished")).toEqual({});
  expect(logQueryOf({ entry_id: ENTRY, kind: "" })).toBe(`?entry=${ENTRY}`);
  expect(logQueryOf({})).toBe("");
});

it("a decision keeps its key when newer ones come, also one that looks the same", () => {
  const of = (kind: string): Decision => ({ at: "now", kind, contact: null, seats: [] });
  const before = keyed([of("kept"), of("joined")]);
  const after = keyed([of("kept"), of("kept"), of("joined")]);

  expect(after.slice(1).map(({ key }) => key)).toEqual(before.map(({ key }) => key));
  expect(new Set(after.map(({ key }) => key)).size).toBe(3);
});
