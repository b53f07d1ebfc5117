import { expect, it } from "vitest";
import { showKept, shownByte } from "./kept";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (states: Uint8Array) => new TextDecoder().decode(states);

it("kept seats show as such, except where the board has moved on", () => {
  const board = bytes(".xhxbx");
  const kept = new Set([1, 2, 3, 99]);

  expect(text(showKept(board, kept))).toBe(".wxwbx".replace("x", "h"));
  expect(text(board)).toBe(".xhxbx");
  const one = (index: number) => String.fromCharCode(shownByte(board, kept, index));
  expect([one(0), one(1), one(2), one(5)]).toEqual([".", "w", "h", "x"]);
});
