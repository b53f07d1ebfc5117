import { Text } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { underline } from "./diagnostics";

function underlined(text: string, line: number, column: number): string {
  const { from, to } = underline(Text.of(text.split("\n")), { line, column });
  return text.slice(from, to);
}

describe("what is underlined", () => {
  it("is the value at the column, to its end", () => {
    expect(underlined("a: 1\ncolour: crimson red\n", 2, 9)).toBe("crimson red");
  });

  it("ends where a list goes on", () => {
    expect(underlined("rows: [A-C, D-, E]", 1, 13)).toBe("D-");
    expect(underlined("- {key: a, at: [1, x]}", 1, 20)).toBe("x");
  });

  it("ends before a comment", () => {
    expect(underlined("seats: many  # all", 1, 8)).toBe("many");
  });

  it("is a quoted text as a whole", () => {
    expect(underlined('- {name: "A, b", x: 1}', 1, 10)).toBe('"A, b"');
    expect(underlined("name: 'it''s, so'", 1, 7)).toBe("'it''s, so'");
  });

  it("is a key without what it holds", () => {
    expect(underlined("sectoins:\n  - key: A", 1, 1)).toBe("sectoins");
    expect(underlined("  labls: A-C", 1, 3)).toBe("labls");
  });

  it("counts characters, not the units that some take two of", () => {
    expect(underlined("- {name: 🎭🎪, colour: rot}", 1, 22)).toBe("rot");
  });

  it("is the last character where a line ends too early", () => {
    expect(underlined("rows: [", 1, 8)).toBe("[");
  });

  it("stays within the text when that has become shorter", () => {
    expect(underlined("a: 1\nb", 40, 12)).toBe("b");
    expect(underlined("", 1, 1)).toBe("");
  });

  it("is the bracket itself where one should not be", () => {
    expect(underlined("a: ]", 1, 4)).toBe("]");
  });
});
