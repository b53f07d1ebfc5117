import { expect, it } from "vitest";
import { ProblemError, type Problem } from "../../api";
import { mistakesOf, readChange } from "./entry-change";

it("a move needs a whole number in its bounds, and a reason", () => {
  expect(readChange("move", " −5 ", " Sponsor ")).toEqual({
    priority: -5,
    reason: "Sponsor",
    mistakes: {},
  });
  expect(readChange("move", "1000", "x").mistakes).toEqual({});
  for (const wrong of ["", "1001", "-1001", "1.5", "first", "1e3", "99999999"]) {
    expect(readChange("move", wrong, "x").mistakes.priority, wrong).toMatch(/-1000 to 1000/);
  }
  expect(readChange("move", "1", "   ").mistakes).toEqual({ reason: expect.any(String) });
});

it("a removal needs only a reason", () => {
  expect(readChange("remove", "nothing", "A tout").mistakes).toEqual({});
  expect(readChange("remove", "0", "").mistakes).toEqual({ reason: expect.any(String) });
});

it("what the service refuses stands at its field", () => {
  const problem = {
    code: "validation_failed",
    errors: [{ pointer: "/priority", detail: "must be from -1000 to 1000" }],
  } as unknown as Problem;

  const mistakes = mistakesOf(new ProblemError("validation_failed", problem));

  expect(mistakes).toEqual({ priority: "It must be from -1000 to 1000." });
});
