import { vi } from "vitest";
import { watchBoard, type BoardWatch } from "./watch-board";

export const snapshot = { epoch: 1, revision: 5, states: "...." };

/** A service whose answers are written by the test. */
export class Service {
  /** Of streams that were asked for. */
  readonly urls: string[] = [];
  readonly headers: Headers[] = [];
  /** What plain questions are answered with, and how many there were. */
  board: unknown;
  nAsked = 0;
  /** Streams that nobody has ended. */
  nOpen = 0;
  #answers: (() => Response | Promise<Response>)[] = [];
  #lines: ReadableStreamDefaultController<Uint8Array>[] = [];

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (url.endsWith("/availability")) return this.#tell();
    this.urls.push(url);
    this.headers.push(new Headers(init.headers));
    const answer = this.#answers.shift();
    if (!answer) return this.#open(init.signal as AbortSignal);
    return answer();
  };

  answer(...answers: (() => Response | Promise<Response>)[]): void {
    this.#answers.push(...answers);
  }

  async send(event: string, data: unknown): Promise<void> {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    await this.say(`event: ${event}\ndata: ${text}\n\n`);
  }

  async say(text: string): Promise<void> {
    this.#lines.at(-1)?.enqueue(new TextEncoder().encode(text));
    await vi.advanceTimersByTimeAsync(0);
  }

  async hangUp(): Promise<void> {
    this.#lines.at(-1)?.close();
    await vi.advanceTimersByTimeAsync(0);
  }

  #tell(): Response {
    this.nAsked++;
    if (this.board === undefined) throw new TypeError("Failed to fetch");
    return this.board instanceof Response ? this.board.clone() : Response.json(this.board);
  }

  #open(signal: AbortSignal): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (line) => {
        this.#lines.push(line);
        this.nOpen++;
        signal.addEventListener("abort", () => {
          this.nOpen--;
          try {
            line.error(signal.reason);
          } catch {
            // It had ended before.
          }
        });
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }
}

/** Watches a board of four seats, and writes down what is told. */
export async function startWatch(told: string[], token?: string): Promise<BoardWatch> {
  const text = (states: Uint8Array) => new TextDecoder().decode(states);
  const watch = watchBoard("e1", {
    origin: "https://host",
    ...(token ? { token: async () => token } : {}),
    onSnapshot: ({ states }) => told.push(`snapshot ${text(states)}`),
    onChanges: (indices, { states }) => told.push(`changes ${indices.join()} ${text(states)}`),
    onSame: () => told.push("the same"),
    onConnection: (state, detail) => told.push(detail ? `${state}: ${detail}` : state),
  });
  await vi.advanceTimersByTimeAsync(0);
  return watch;
}
