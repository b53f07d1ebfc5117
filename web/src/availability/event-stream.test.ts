import { expect, test } from "vitest";
import { StreamParser } from "./event-stream";

const stream =
  ': hello\n\nevent: snapshot\nid: 1-2\ndata: {"a":\ndata: 1}\n\n' +
  ":\r\n\r\nevent: changes\r\ndata:x\r\n\r\nid: 1-4\n\ndata: y\r\r";
const messages = [
  { event: "snapshot", data: '{"a":\n1}' },
  { event: "changes", data: "x" },
  { event: "message", data: "y" },
];

test("messages are the same however the stream is cut", () => {
  for (let size = 1; size <= stream.length; size++) {
    const parser = new StreamParser();
    const found = [];
    for (let start = 0; start < stream.length; start += size) {
      found.push(...parser.take(stream.slice(start, start + size)));
    }
    // The last carriage return may be half of a line's end.
    found.push(...parser.take("\n"));
    expect(found, `cut by ${size}`).toEqual(messages);
  }
});

test("a message without an end is refused", () => {
  const parser = new StreamParser();
  const feed = () => {
    for (let nth = 0; nth < 50; nth++) parser.take(`data: ${"x".repeat(100_000)}\n`);
  };

  expect(feed).toThrow(/no end/);
});

test("the wait that a stream asks for is kept, and what is no wait is not", () => {
  const parser = new StreamParser();
  expect(parser.retryMs).toBeUndefined();
  parser.take("retry: 42");
  parser.take("17\n\nretry: soon\nretry:\n");
  expect(parser.retryMs).toBe(4217);
});
