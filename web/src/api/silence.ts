import { ProblemError } from "./problem";

/** The service gives up earlier; a path that loses what is sent never would. */
const SILENCE_MS_MAX = 20_000;

/** Browsers may show an empty body where none is allowed. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** As `fetch`; an answer that never comes, or stops in the middle, fails as `offline`. */
export async function fetchUnlessSilent(request: Request): Promise<Response> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), SILENCE_MS_MAX);
  try {
    // Not `AbortSignal.any`: a shop's visitor may have a browser of 2022, which lacks it.
    const follow = () => limit.abort(request.signal.reason);
    request.signal.addEventListener("abort", follow, { once: true });
    if (request.signal.aborted) follow();
    return withoutSilence(await fetch(request, { signal: limit.signal }), limit);
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw new ProblemError("offline");
  } finally {
    clearTimeout(timer);
  }
}

/** The answer; one that stops in the middle fails as one that never came. */
function withoutSilence(response: Response, limit: AbortController): Response {
  if (!response.body || WITHOUT_BODY.has(response.status)) return response;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (body: TransformStreamDefaultController<Uint8Array>) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      body.error(new ProblemError("offline"));
      limit.abort();
    }, SILENCE_MS_MAX);
  };
  const watched = new TransformStream<Uint8Array, Uint8Array>({
    start: heard,
    transform(chunk, body) {
      heard(body);
      body.enqueue(chunk);
    },
    flush: () => clearTimeout(timer),
  });
  return new Response(response.body.pipeThrough(watched), response);
}
