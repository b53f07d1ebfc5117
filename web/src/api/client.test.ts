import { type RequestListener, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { connect, dataOf } from "./client";
import { ProblemError } from "./problem";

let stop = (): void => undefined;
afterEach(() => {
  stop();
  stop = () => undefined;
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  stop = () => void server.close();
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const failureOf = (answer: Promise<unknown>): Promise<ProblemError> =>
  answer.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: ProblemError) => error,
  );

test("a problem is thrown with its members and a sentence", async () => {
  const origin = await serve((_, response) => {
    const headers = { "Content-Type": "application/problem+json", "Retry-After": "3" };
    response.writeHead(409, headers);
    const errors = [{ pointer: "/seats/0", detail: "is no seat" }];
    response.end(JSON.stringify({ code: "seats_unavailable", detail: "taken", errors, n: 1 }));
  });

  const error = await failureOf(connect(undefined, origin).GET("/v1/me"));

  expect(error).toBeInstanceOf(ProblemError);
  expect(error.code).toBe("seats_unavailable");
  expect(error.sentence).toContain("Somebody was faster");
  expect(error.mistakes).toEqual({ "/seats/0": "is no seat" });
  expect(error.member("n")).toBe(1);
  expect(error.retryAfterSeconds).toBe(3);
});

test.each([
  [502, "unavailable"],
  [429, "rate_limited"],
  [404, "not_found"],
])("status %d of a proxy in between is %s", async (status, code) => {
  const origin = await serve((_, response) => {
    response.writeHead(status, { "Content-Type": "text/html" }).end("<h1>no</h1>");
  });

  expect((await failureOf(connect(undefined, origin).GET("/v1/me"))).code).toBe(code);
});

test("no answer at all is a problem of its own", async () => {
  const origin = await serve((request) => void request.socket.destroy());

  expect((await failureOf(connect(undefined, origin).GET("/v1/me"))).code).toBe("offline");
});

/** Answers as told, until it is told to stop. */
function answerSilently(answer: () => Response | undefined): void {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", (request: Request, init?: RequestInit) => {
    const response = answer();
    if (response) return Promise.resolve(response);
    const signal = init?.signal ?? request.signal;
    return new Promise((_, reject) => {
      const stopped = () => reject(signal.reason as Error);
      if (signal.aborted) stopped();
      else signal.addEventListener("abort", stopped);
    });
  });
}

test.each([
  ["that never comes", () => undefined],
  [
    "that stops in the middle",
    () => {
      const body = new ReadableStream({
        start: (stream) => stream.enqueue(new TextEncoder().encode('{"items": [')),
      });
      return new Response(body, { headers: { "Content-Type": "application/json" } });
    },
  ],
])("an answer %s is waited for no longer than twenty seconds", async (_, answer) => {
  answerSilently(answer);
  let code: string | undefined;
  const failure = failureOf(connect(undefined, "http://host").GET("/v1/me"));
  void failure.then((error) => (code = error.code));

  await vi.advanceTimersByTimeAsync(19_900);
  expect(code).toBeUndefined();
  await vi.advanceTimersByTimeAsync(200);
  expect(code).toBe("offline");
});

test("a request that its caller gives up is not called offline", async () => {
  answerSilently(() => undefined);
  const caller = new AbortController();
  const failure = failureOf(
    connect(undefined, "http://host").GET("/v1/me", { signal: caller.signal }),
  );
  caller.abort();

  expect((await failure).name).toBe("AbortError");
});

test("a refused token is renewed once, and the request repeated with its body", async () => {
  const seen: string[] = [];
  const origin = await serve((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push(`${request.headers.authorization} ${body}`);
      response.writeHead(request.headers.authorization === "Bearer new" ? 201 : 401);
      response.end("{}");
    });
  });
  const tokens = { token: async () => "old", renew: async () => "new" };

  await dataOf(
    connect(tokens, origin).POST("/v1/sessions", { body: { email: "a", password: "b" } }),
  );

  const body = '{"email":"a","password":"b"}';
  expect(seen).toEqual([`Bearer old ${body}`, `Bearer new ${body}`]);
});
