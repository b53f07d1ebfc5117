import createClient, { type Client, type Middleware } from "openapi-fetch";
import { ProblemError, type Problem, type ProblemCode } from "./problem";
import type { paths } from "./schema";
import { fetchUnlessSilent } from "./silence";

/** Where a caller's token comes from; `renew` is asked once when a token is refused. */
export interface Tokens {
  token(): Promise<string | undefined>;
  renew?(refused: string | undefined): Promise<string | undefined>;
}

export type Api = Client<paths, `${string}/${string}`>;

/**
 * A client of the service. A request that fails throws a `ProblemError`, one that got no answer
 * included (`offline`), so that `data` is always there.
 *
 * @param origin of the service; empty for the page's own.
 */
export function connect(tokens?: Tokens, origin = ""): Api {
  const fetchAuthorized = async (request: Request): Promise<Response> => {
    const token = await tokens?.token();
    const response = await send(request.clone(), token);
    if (response.status !== 401 || !tokens?.renew) return response;
    return send(request, await tokens.renew(token));
  };
  const client = createClient<paths>({ baseUrl: origin, fetch: fetchAuthorized });
  client.use(throwProblems);
  return client;
}

/** Answers what the body of a successful answer says. */
export async function dataOf<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

async function send(request: Request, token: string | undefined): Promise<Response> {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  return fetchUnlessSilent(request);
}

const throwProblems: Middleware = {
  async onResponse({ response }) {
    if (response.ok || response.status === 304) return;
    const problem = await problemIn(response);
    throw new ProblemError(problem?.code ?? codeOf(response.status), problem, retryAfter(response));
  },
};

async function problemIn(response: Response): Promise<Problem | undefined> {
  const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
  return isProblem ? ((await response.json().catch(() => undefined)) as Problem) : undefined;
}

/** A proxy in between answers without a problem; its status still says something. */
function codeOf(status: number): ProblemCode {
  if (status === 429) return "rate_limited";
  return status >= 500 ? "unavailable" : "not_found";
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : undefined;
}
