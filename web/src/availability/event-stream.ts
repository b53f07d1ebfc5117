import { FeedError } from "./feed-error";

/** One message of a stream of Server-Sent Events. */
export interface StreamMessage {
  event: string;
  data: string;
}

/** A snapshot of the largest venue is a fifth of this. */
const MESSAGE_CHARS_MAX = 4_000_000;

/** Cuts the text of a stream into messages, as the HTML standard says ("event stream"). */
export class StreamParser {
  /** How long the stream says to wait once it has ended. */
  retryMs: number | undefined;
  #rest = "";
  #event = "";
  #data: string[] = [];
  #length = 0;

  /** @throws {FeedError} when a message has no end. */
  take(chunk: string): StreamMessage[] {
    const messages: StreamMessage[] = [];
    const text = this.#rest + chunk;
    // A carriage return at the end may be half of a line's end.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = this.#takeLine(line);
      if (message) messages.push(message);
    }
    if (this.#rest.length + this.#length > MESSAGE_CHARS_MAX) {
      throw new FeedError("A message of the feed has no end.");
    }
    return messages;
  }

  #takeLine(line: string): StreamMessage | undefined {
    if (line === "") return this.#finish();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#event = value;
    if (name === "retry" && /^\d+$/.test(value)) this.retryMs = Number(value);
    if (name === "data") {
      this.#data.push(value);
      this.#length += value.length;
    }
    return undefined;
  }

  #finish(): StreamMessage | undefined {
    const message = { event: this.#event || "message", data: this.#data.join("\n") };
    const isEmpty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    this.#length = 0;
    return isEmpty ? undefined : message;
  }
}
