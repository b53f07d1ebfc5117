import type { components } from "../../api";

export type TemplateProblem = components["schemas"]["TemplateProblem"];

/** Where a problem is underlined, in UTF-16 units from the start of the text. */
export interface Underline {
  from: number;
  to: number;
}

/** What the editor knows of a line; CodeMirror's `Text` is one. */
export interface Lines {
  lines: number;
  line(number: number): { from: number; to: number; text: string };
}

/**
 * The part of the text that a problem is about: from its column to the end of what stands there.
 * The text may have changed since it was checked; a place that is gone becomes the nearest one.
 */
export function underline(lines: Lines, problem: Pick<TemplateProblem, "line" | "column">) {
  const line = lines.line(Math.min(Math.max(problem.line, 1), lines.lines));
  const start = Math.min(unitsBefore(line.text, problem.column), line.text.length);
  const length = lengthOfValue(line.text.slice(start));
  const isAtEnd = length === 0;
  return {
    from: line.from + (isAtEnd ? Math.max(start - 1, 0) : start),
    to: line.from + start + length,
  } satisfies Underline;
}

/** The validator counts characters; the editor, like the browser, counts UTF-16 units. */
function unitsBefore(text: string, column: number): number {
  let units = 0;
  let characters = 1;
  for (const character of text) {
    if (characters >= column) break;
    characters += 1;
    units += character.length;
  }
  return units;
}

function lengthOfValue(rest: string): number {
  const quoted = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(rest);
  if (quoted) return quoted[0].length;
  const value = /^[^,\]}#]+/.exec(rest)?.[0] ?? rest.slice(0, 1);
  // A key is underlined without what it holds.
  const key = /^[^\s:]+(?=:(\s|$))/.exec(value)?.[0];
  return (key ?? value.trimEnd()).length;
}
