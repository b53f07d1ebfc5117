import { expect, it } from "vitest";
import { RetryKey } from "./retry-key";

it("names the same content the same until it is done", () => {
  const key = new RetryKey();
  const first = key.of({ name: "Gala" });
  expect(key.of({ name: "Gala" })).toEqual(first);
  expect(key.of({ name: "Other" })).not.toEqual(first);
  const again = key.of({ name: "Gala" });
  expect(again).not.toEqual(first);
  key.done();
  expect(key.of({ name: "Gala" })).not.toEqual(again);
  expect(first["Idempotency-Key"]).toMatch(/^[0-9a-f]{32}$/);
});
