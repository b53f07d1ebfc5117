import { BoardCopy } from "./board-copy";
import { StreamParser, type StreamMessage } from "./event-stream";
import { FeedError } from "./feed-error";
import { waitAfter } from "./waits";

export type ConnectionState = "connecting" | "live" | "lost";

export interface BoardWatcher {
  /** Of the service; the page's own when it is left out. */
  origin?: string;
  token?: () => Promise<string | undefined>;
  onSnapshot(copy: BoardCopy): void;
  onChanges(indices: number[], copy: BoardCopy): void;
  onConnection(state: ConnectionState, detail?: string): void;
}

export interface BoardWatch {
  close(): void;
  readonly copy: BoardCopy;
}

/** The service sends something every 15 seconds, be it only a comment. */
const SILENCE_MS_MAX = 40_000;

/** A connection that lived so long was a good one: the next wait is short again. */
const PROVEN_MS = 5_000;

/** Why an attempt ended, in words for people, and what that means for the next one. */
class Ended extends Error {
  constructor(
    message: string,
    readonly hints: { retryAfterSeconds?: number; isRefused?: boolean; isAtOnce?: boolean } = {},
  ) {
    super(message);
  }
}

/**
 * Keeps a copy of an event's board up to date. The stream is read with `fetch`: an `EventSource`
 * cannot send a token, does not tell a 404 from a 503, and hides the comments that show that a
 * silent line is alive.
 */
export function watchBoard(eventId: string, watcher: BoardWatcher): BoardWatch {
  return new Watch(eventId, watcher);
}

class Watch implements BoardWatch {
  readonly copy = new BoardCopy();
  readonly #stop = new AbortController();
  readonly #url: string;
  #attempt: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #heardAt = 0;
  #aliveSince: number | undefined;
  #needsSnapshot = false;
  #state: ConnectionState | undefined;

  constructor(
    eventId: string,
    readonly watcher: BoardWatcher,
  ) {
    this.#url = `${watcher.origin ?? ""}/v1/events/${encodeURIComponent(eventId)}/live`;
    this.#listen();
    this.#tell("connecting");
    void this.#connect();
  }

  close(): void {
    this.#stop.abort();
    this.#attempt?.abort();
    clearTimeout(this.#timer);
  }

  /** The browser knows first that the network is gone or back, and that somebody looks again. */
  #listen(): void {
    const { signal } = this.#stop;
    globalThis.addEventListener?.("online", () => this.#hurry(), { signal });
    globalThis.addEventListener?.(
      "offline",
      () => this.#attempt?.abort(new Ended("This device has no network.")),
      { signal },
    );
    globalThis.document?.addEventListener(
      "visibilitychange",
      () => document.visibilityState === "visible" && this.#hurry(),
      { signal },
    );
  }

  /** Tries at once, unless the line is known to be alive: timers stand still in sleep. */
  #hurry(): void {
    if (this.#attempt) {
      if (Date.now() - this.#heardAt > SILENCE_MS_MAX) this.#attempt.abort(silence());
      return;
    }
    clearTimeout(this.#timer);
    void this.#connect();
  }

  async #connect(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const attempt = new AbortController();
    this.#attempt = attempt;
    let ended: unknown;
    try {
      await this.#read(attempt);
    } catch (error) {
      ended = attempt.signal.aborted ? attempt.signal.reason : error;
    } finally {
      clearTimeout(this.#timer);
      attempt.abort();
      this.#attempt = undefined;
    }
    if (!this.#stop.signal.aborted) this.#retry(toEnded(ended));
  }

  async #read(attempt: AbortController): Promise<void> {
    this.#heard(attempt);
    const position = this.#needsSnapshot ? undefined : this.copy.position;
    const response = await this.#request(position, attempt.signal);
    if (!response.body) throw new Ended("The service has sent nothing.");
    // To somebody who has everything it says nothing until the next change.
    if (position !== undefined) this.#alive();
    const parser = new StreamParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Ended("The service has ended the connection.");
      this.#heard(attempt);
      for (const message of parser.take(decoder.decode(value, { stream: true }))) {
        this.#take(message);
      }
    }
  }

  async #request(position: string | undefined, signal: AbortSignal): Promise<Response> {
    const token = await this.watcher.token?.();
    const query = position ? `?last_event_id=${position}` : "";
    const response = await fetch(this.#url + query, {
      headers: {
        Accept: "text/event-stream",
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      cache: "no-store",
      signal,
    });
    if (response.ok) return response;
    throw refusal(response);
  }

  /** The watchdog: a line that says nothing for long is dead, whatever the network believes. */
  #heard(attempt: AbortController): void {
    this.#heardAt = Date.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => attempt.abort(silence()), SILENCE_MS_MAX);
  }

  #take({ event, data }: StreamMessage): void {
    if (event === "snapshot") {
      this.copy.takeSnapshot(parse(data));
      this.#needsSnapshot = false;
      this.#alive();
      this.#call(() => this.watcher.onSnapshot(this.copy));
    } else if (event === "changes") {
      const taken = this.copy.takeChanges(parse(data));
      if (taken === "gap") {
        this.#needsSnapshot = true;
        throw new Ended("Some changes are missing.", { isAtOnce: true });
      }
      this.#alive();
      if (taken === "applied") {
        this.#call(() => this.watcher.onChanges([...this.copy.changed], this.copy));
      }
    }
  }

  #alive(): void {
    this.#aliveSince ??= Date.now();
    this.#tell("live");
  }

  #retry(ended: Ended): void {
    if (Date.now() - (this.#aliveSince ?? Infinity) > PROVEN_MS) this.#failures = 0;
    this.#aliveSince = undefined;
    const isAtOnce = ended.hints.isAtOnce && this.#failures === 0;
    const wait = isAtOnce ? 0 : waitAfter(this.#failures, Math.random(), ended.hints);
    this.#failures++;
    if (ended.cause instanceof FeedError) this.#needsSnapshot = true;
    if (!isAtOnce) this.#tell("lost", ended.message);
    this.#timer = setTimeout(() => {
      // Nobody looks: the next look is soon enough.
      if (globalThis.document?.visibilityState !== "hidden") void this.#connect();
    }, wait);
  }

  #tell(state: ConnectionState, detail?: string): void {
    if (state === this.#state && state !== "lost") return;
    this.#state = state;
    this.#call(() => this.watcher.onConnection(state, detail));
  }

  /** A page's mistake must not end the feed; the browser reports it as any other. */
  #call(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      if (typeof reportError === "function") reportError(error);
      else queueMicrotask(() => Promise.reject(error));
    }
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    throw new FeedError("A message of the feed is no JSON.");
  }
}

function silence(): Ended {
  return new Ended("The service has fallen silent.");
}

function refusal(response: Response): Ended {
  const seconds = Number(response.headers.get("Retry-After") ?? 0);
  const retryAfterSeconds = Number.isFinite(seconds) ? seconds : 0;
  if (response.status === 429) {
    return new Ended("Too many seat maps are watched from here.", { retryAfterSeconds });
  }
  if (response.status >= 500) return new Ended("The service is busy.", { retryAfterSeconds });
  return new Ended("This event cannot be watched.", { retryAfterSeconds, isRefused: true });
}

function toEnded(error: unknown): Ended {
  if (error instanceof Ended) return error;
  const ended = new Ended(
    error instanceof FeedError ? error.message : "There is no connection to the service.",
  );
  ended.cause = error;
  return ended;
}
