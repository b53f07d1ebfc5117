import { expect, it, test } from "vitest";
import { ProblemError, type Problem, type ProblemCode } from "../../api";
import { RetryKey } from "./retry-key";

/** Sends a content, and answers under which name it went. */
async function sent(key: RetryKey, content: unknown, cause?: unknown): Promise<string> {
  let name = "";
  const sending = key.send(content, async (header) => {
    name = header["Idempotency-Key"];
    if (cause) throw cause;
  });
  await sending.catch((caught: unknown) => expect(caught).toBe(cause));
  return name;
}

const refusal = (code: ProblemCode) => new ProblemError(code, { code } as Problem);

it("names the same content the same until it has happened", async () => {
  const key = new RetryKey();
  const lost = new ProblemError("offline");
  const first = await sent(key, { name: "Gala" }, lost);
  expect(await sent(key, { name: "Gala" }, lost)).toBe(first);
  expect(await sent(key, { name: "Other" }, lost)).not.toBe(first);
  const again = await sent(key, { name: "Gala" });
  expect(again).not.toBe(first);
  expect(await sent(key, { name: "Gala" })).not.toBe(again);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
});

it("answers what the work answers", async () => {
  expect(await new RetryKey().send("it", async () => 7)).toBe(7);
});

test.each([
  refusal("unavailable"),
  refusal("internal"),
  refusal("outcome_unknown"),
  refusal("request_in_progress"),
  refusal("rate_limited"),
  refusal("unauthenticated"),
  new ProblemError("not_found"),
  new TypeError("aborted"),
])("%s leaves open whether it happened: the name stays", async (cause) => {
  const key = new RetryKey();
  const first = await sent(key, "it", cause);
  expect(await sent(key, "it")).toBe(first);
});

test.each([
  refusal("validation_failed"),
  refusal("version_conflict"),
  refusal("event_state_conflict"),
  refusal("idempotency_key_reused"),
])("%s is an answer: what is sent again is meant anew", async (cause) => {
  const key = new RetryKey();
  const first = await sent(key, "it", cause);
  expect(await sent(key, "it")).not.toBe(first);
});

it("keeps the name of what was begun while another thing ends", async () => {
  const key = new RetryKey();
  let end = (): void => undefined;
  const slow = key.send("one", () => new Promise<void>((resolve) => (end = resolve)));
  const other = await sent(key, "other", new ProblemError("offline"));
  end();
  await slow;
  expect(await sent(key, "other")).toBe(other);
});
