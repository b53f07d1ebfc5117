import { Asker } from "./asker";
import { BoardCopy } from "./board-copy";
import { Ended, refusal, silence, toEnded, unseen } from "./ended";
import { StreamParser, type StreamMessage } from "./event-stream";
import { FeedError } from "./feed-error";
import { LONGEST_MS, waitAfter } from "./waits";

export type ConnectionState = "connecting" | "live" | "lost";

export interface BoardWatcher {
  /** Of the service; the page's own when it is left out. */
  origin?: string;
  token?: () => Promise<string | undefined>;
  /** Also while the connection is lost: the board as it was a moment ago. */
  onSnapshot(copy: BoardCopy): void;
  onChanges(indices: number[], copy: BoardCopy): void;
  /** While the connection is lost: the board is still as it was told last. */
  onSame?(): void;
  onConnection(state: ConnectionState, detail?: string): void;
}

export interface BoardWatch {
  close(): void;
  readonly copy: BoardCopy;
}

/** The service sends something every 15 seconds, be it only a comment. */
const SILENCE_MS_MAX = 40_000;

/** All tabs of a site share six connections, unless it speaks HTTP/2. */
const UNSEEN_MS_MAX = 25_000;

/** A line that has told nothing by then may be one that something in between holds back. */
const FIRST_MS_MAX = 5_000;

/** A connection that lived so long was a good one: the next wait is short again. */
const PROVEN_MS = 5_000;

/**
 * Keeps a copy of an event's board up to date. The stream is read with `fetch`: an `EventSource`
 * cannot send a token, does not tell a 404 from a 503, and hides the comments that show that a
 * silent line is alive. Where no stream can be had, the board is asked for every few seconds.
 */
export function watchBoard(eventId: string, watcher: BoardWatcher): BoardWatch {
  return new Watch(eventId, watcher);
}

class Watch implements BoardWatch {
  readonly copy = new BoardCopy();
  readonly #stop = new AbortController();
  readonly #url: string;
  readonly #asker = new Asker((signal) => this.#ask(signal));
  #attempt: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unseen: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #heardAt = 0;
  #aliveSince: number | undefined;
  #needsSnapshot = false;
  /** As the service said last. */
  #retryMs: number | undefined;
  /** Whether streams get through to here at all. */
  #hasHeard = false;
  #state: ConnectionState | undefined;

  constructor(
    eventId: string,
    readonly watcher: BoardWatcher,
  ) {
    this.#url = `${watcher.origin ?? ""}/v1/events/${encodeURIComponent(eventId)}`;
    this.#listen();
    this.#tell("connecting");
    if (isHidden()) this.#looked();
    void this.#connect();
  }

  close(): void {
    this.#stop.abort();
    this.#attempt?.abort();
    this.#asker.end();
    clearTimeout(this.#timer);
    clearTimeout(this.#unseen);
  }

  /** The browser knows first that the network is gone or back, and that somebody looks again. */
  #listen(): void {
    const { signal } = this.#stop;
    globalThis.addEventListener?.("online", () => this.#online(), { signal });
    globalThis.addEventListener?.(
      "offline",
      () => this.#attempt?.abort(new Ended("This device has no network.")),
      { signal },
    );
    globalThis.document?.addEventListener("visibilitychange", () => this.#looked(), { signal });
  }

  /** A page that nobody looks at takes no line; the next look does. */
  #online(): void {
    if (!isHidden()) this.#hurry();
  }

  /** Somebody looks at the page, or nobody does any more. */
  #looked(): void {
    clearTimeout(this.#unseen);
    if (!isHidden()) return this.#hurry();
    this.#unseen = setTimeout(() => this.#attempt?.abort(unseen()), UNSEEN_MS_MAX);
  }

  /** Tries at once, unless the line is known to be alive: timers stand still in sleep. */
  #hurry(): void {
    if (this.#attempt) {
      if (Date.now() - this.#heardAt <= SILENCE_MS_MAX) return;
      // Until the next line has told something nobody knows how old the board is.
      this.#tell("connecting");
      this.#attempt.abort(silence({ isAtOnce: true }));
      return;
    }
    clearTimeout(this.#timer);
    void this.#connect();
  }

  async #connect(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#asker.begin(FIRST_MS_MAX);
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
    const query = position ? `?last_event_id=${position}` : "";
    const { signal } = attempt;
    const init: RequestInit = { cache: "no-store", signal };
    const response = await this.#request(`/live${query}`, "text/event-stream", init);
    if (!response.body) throw new Ended("The service has sent nothing.");
    // To somebody who has everything it says nothing until the next change.
    if (position !== undefined && this.#hasHeard) this.#alive();
    const parser = new StreamParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Ended("The service has ended the connection.");
      this.#heard(attempt);
      this.#hasHeard = true;
      if (position !== undefined) this.#alive();
      const messages = parser.take(decoder.decode(value, { stream: true }));
      this.#retryMs = parser.retryMs ?? this.#retryMs;
      for (const message of messages) this.#take(message, position);
    }
  }

  async #request(path: string, type: string, init: RequestInit): Promise<Response> {
    const token = await this.watcher.token?.();
    const headers = { Accept: type, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(this.#url + path, { ...init, headers });
    if (response.ok) return response;
    throw refusal(response);
  }

  /** The browser's cache asks only whether something has changed. */
  async #ask(signal: AbortSignal): Promise<void> {
    if (isHidden()) return;
    const init: RequestInit = { cache: "no-cache", signal };
    const response = await this.#request("/availability", "application/json", init);
    const snapshot: unknown = await response.json();
    if (signal.aborted) return;
    const taken = this.copy.takeSnapshot(snapshot);
    if (taken === "applied") this.#call(() => this.watcher.onSnapshot(this.copy));
    if (taken === "same") this.#call(() => this.watcher.onSame?.());
  }

  /** The watchdog: a line that says nothing for long is dead, whatever the network believes. */
  #heard(attempt: AbortController): void {
    this.#heardAt = Date.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => attempt.abort(silence()), SILENCE_MS_MAX);
  }

  /** `asked`: the position from which the stream was to go on. */
  #take({ event, data }: StreamMessage, asked: string | undefined): void {
    if (event === "snapshot") {
      this.copy.takeSnapshot(parse(data), asked);
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
    this.#asker.end();
    this.#aliveSince ??= Date.now();
    this.#tell("live");
  }

  #retry(ended: Ended): void {
    const wasAlive = this.#aliveSince !== undefined;
    if (Date.now() - (this.#aliveSince ?? Infinity) > PROVEN_MS) this.#failures = 0;
    this.#aliveSince = undefined;
    if (ended.hints.isUnseen) return this.#rest();
    const isFirst = this.#failures === 0;
    const wait = this.#waitAfter(ended, wasAlive);
    this.#failures++;
    if (ended.cause instanceof FeedError) this.#needsSnapshot = true;
    if (wait > 0) this.#tell("lost", ended.message);
    this.#askMeanwhile(isFirst, ended);
    this.#timer = setTimeout(() => {
      // Nobody looks: the next look is soon enough.
      if (!isHidden()) void this.#connect();
    }, wait);
  }

  /** Those who lose their lines together are spread by the service; what fails then, by itself. */
  #waitAfter({ hints }: Ended, wasAlive: boolean): number {
    const isFirst = this.#failures === 0;
    if (isFirst && hints.isAtOnce) return 0;
    const asked = isFirst && wasAlive ? this.#retryMs : undefined;
    if (asked !== undefined) return Math.min(asked, LONGEST_MS);
    return waitAfter(this.#failures, Math.random(), hints);
  }

  /** The next look connects again. */
  #rest(): void {
    this.#asker.end();
    this.#tell("connecting");
    if (!isHidden()) void this.#connect();
  }

  /** At once where nothing is known of the board yet. */
  #askMeanwhile(isFirst: boolean, { hints }: Ended): void {
    if (hints.isRefused) return this.#asker.end();
    const isUrgent = isFirst && this.copy.position === undefined;
    if (isUrgent) this.#asker.end();
    this.#asker.begin(isUrgent ? 0 : undefined);
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

function isHidden(): boolean {
  return globalThis.document?.visibilityState === "hidden";
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    throw new FeedError("A message of the feed is no JSON.");
  }
}
