import { expect, test, vi } from "vitest";
import { isOvertaken, storeNextVersion } from "./saving";

vi.mock("../session/session.svelte", async () => {
  const { connect } = await import("../../api");
  return { api: connect(undefined, "http://service") };
});

test("a next version names the one that it was compared with", async () => {
  const sent: Request[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    sent.push(request);
    return Promise.resolve(Response.json({ version: 4 }));
  });

  const stored = await storeNextVersion("v", "name: House", '"third"');

  expect(stored.version).toBe(4);
  expect(sent[0]?.headers.get("If-Match")).toBe('"third"');
  expect(sent[0]?.headers.get("Content-Type")).toBe("application/yaml");
});

test("whoever was overtaken is told apart from other mishaps", async () => {
  const refuse = (code: string) => () => {
    const headers = { "Content-Type": "application/problem+json" };
    return Promise.resolve(new Response(JSON.stringify({ code }), { status: 409, headers }));
  };
  for (const [code, expected] of [
    ["version_conflict", true],
    ["template_invalid", false],
  ] as const) {
    vi.stubGlobal("fetch", refuse(code));

    const cause = await storeNextVersion("v", "name: House", '"third"').catch((it: unknown) => it);

    expect(isOvertaken(cause), code).toBe(expected);
  }
});
