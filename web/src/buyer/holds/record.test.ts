import { expect, test } from "vitest";
import { readRecord } from "./record";

const HOLD = { id: "1", token: "t", seats: ["A-1"] };

test("a whole record is read as it was written", () => {
  const record = {
    hold: HOLD,
    confirming: { key: "k", contact: { name: "Ana", email: "ana@example.org" } },
  };
  expect(readRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
});

test.each([
  ["nothing", undefined],
  ["no object", "text"],
  ["a hold without a token", { hold: { id: "1", seats: ["A-1"] } }],
  ["a hold without seats", { hold: { ...HOLD, seats: [] } }],
  ["seats that are no texts", { placing: { key: "k", seats: [1] } }],
  ["a confirm without its hold", { confirming: { key: "k", contact: { name: "A", email: "b" } } }],
])("%s counts as absent", (_, stored) => {
  expect(readRecord(stored)).toEqual({});
});
