import { expect, inject, test } from "vitest";
import { newPage, useBrowser } from "./support/browser";

useBrowser();

const PATHS = ["/", "/events", "/events/0", "/bookings", "/bookings/0", "/admin", "/admin/venues"];

test.each(PATHS)("%s is a page with a strict policy", async (path) => {
  const answer = await fetch(new URL(path, inject("origin")));

  expect(answer.status).toBe(200);
  expect(answer.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
  expect(answer.headers.get("Cache-Control")).toBe("no-cache");
  const policy = answer.headers.get("Content-Security-Policy");
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).not.toContain("unsafe");
});

test("a page that the browser knows is not sent again", async () => {
  const first = await fetch(new URL("/", inject("origin")));
  const etag = first.headers.get("ETag") ?? "";

  const second = await fetch(new URL("/", inject("origin")), {
    headers: { "If-None-Match": etag },
  });

  expect(second.status).toBe(304);
  expect(await second.text()).toBe("");
});

test("assets come compressed and stay for good", async () => {
  const html = await (await fetch(new URL("/", inject("origin")))).text();
  const asset = /\/assets\/[^"]+\.js/.exec(html)?.[0] ?? "no asset";

  const plain = await fetchEncoded(asset, "identity");
  for (const encoding of ["br", "gzip"]) {
    const answer = await fetchEncoded(asset, `${encoding}, identity;q=0.1`);

    expect(answer.headers.get("Content-Encoding")).toBe(encoding);
    expect(answer.headers.get("Vary")).toContain("accept-encoding");
    expect(answer.headers.get("Cache-Control")).toContain("immutable");
    expect(await answer.text()).toBe(await plain.clone().text());
  }
});

test("an asset that is not there is a problem", async () => {
  for (const path of ["/assets/none.js", "/assets/../Cargo.toml", "/assets/%2e%2e/%2e%2e/x"]) {
    const answer = await fetch(new URL(path, inject("origin")));

    expect(answer.status).toBe(404);
    expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
  }
});

test("the pages open", async () => {
  const page = await newPage();

  for (const path of ["/", "/admin"]) {
    await page.goto(path);

    await page.locator("h1").first().waitFor();
  }
});

function fetchEncoded(path: string, encodings: string): Promise<Response> {
  return fetch(new URL(path, inject("origin")), { headers: { "Accept-Encoding": encodings } });
}
