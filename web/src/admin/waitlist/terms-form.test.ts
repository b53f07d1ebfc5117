import { describe, expect, it } from "vitest";
import { ProblemError, type Problem } from "../../api";
import { durationInWords, durationOf, secondsOf } from "./duration";
import { carryOver, changesBetween, formOf, mistakesOf, readTerms } from "./terms-form";
import type { Terms } from "./waitlist-calls";

const TERMS: Terms = {
  is_open: true,
  policy: "first_that_fits",
  offer_ttl_seconds: 900,
  quantity_max: 6,
  entries_max: 10_000,
  skips_max: 10,
  waiting_max_seconds: 259_200,
  verification_required: false,
  quiet_hours: null,
};

describe("terms", () => {
  it("come back from a form as they went in", () => {
    for (const terms of [
      TERMS,
      { ...TERMS, policy: "strict", quiet_hours: { from: "22:00", until: "08:00" } } as const,
      { ...TERMS, offer_ttl_seconds: 61, waiting_max_seconds: 86_400, is_open: false },
    ]) {
      expect(readTerms(formOf(terms))).toEqual({ terms, mistakes: {} });
    }
  });

  it("out of bounds are refused, each at its field", () => {
    const form = formOf(TERMS);
    form.offer = { count: "30", unit: "seconds" };
    form.waiting = { count: "366", unit: "days" };
    form.quantity_max = "11";
    form.entries_max = "many";
    form.skips_max = "0";
    form.hasQuietHours = true;
    form.quiet_from = form.quiet_until = "22:00";

    const { mistakes } = readTerms(form);

    expect(mistakes).toEqual({
      offer: "Please give a time from 1 minute to 1 day.",
      waiting: "Please give a time from 1 minute to 365 days.",
      quantity_max: "Please give a whole number from 1 to 10.",
      entries_max: "Please give a whole number from 1 to 20,000.",
      skips_max: "Please give a whole number from 1 to 1,000.",
      quiet_until: "They must not end when they begin.",
    });
    form.quiet_until = "";
    expect(readTerms(form).mistakes.quiet_until).toMatch(/time of day/);
    form.hasQuietHours = false;
    expect(readTerms(form).mistakes.quiet_until).toBeUndefined();
  });

  it("that the service refuses stand at their fields", () => {
    const errors = [
      { pointer: "/quiet_hours/until", detail: "must differ from `from`" },
      { pointer: "/something", detail: "is new" },
    ];
    const problem = { code: "validation_failed", errors } as unknown as Problem;

    const mistakes = mistakesOf(new ProblemError("validation_failed", problem));

    expect(mistakes).toEqual({ quiet_until: "It must differ from `from`." });
  });

  it("that somebody else changed are named, and what was typed stays", () => {
    const quiet_hours = { from: "23:00", until: "07:00" };
    const theirs: Terms = { ...TERMS, policy: "strict", skips_max: 3, quiet_hours };
    expect(changesBetween(TERMS, theirs)).toEqual([
      { name: "Who is offered seats", before: "First that fits", after: "Strict" },
      { name: "Passed over so often", before: "10", after: "3" },
      { name: "Quiet hours", before: "none", after: "23:00 to 07:00" },
    ]);
    const typed = formOf(TERMS);
    typed.skips_max = "20";
    typed.offer = { count: "30", unit: "minutes" };

    const merged = carryOver(formOf(TERMS), typed, formOf(theirs));

    expect(merged).toMatchObject({ policy: "strict", skips_max: "20", quiet_from: "23:00" });
    expect(readTerms(merged).terms.offer_ttl_seconds).toBe(1800);
  });
});

describe("durations", () => {
  it("are shown in the largest whole unit", () => {
    expect(durationOf(900)).toEqual({ count: "15", unit: "minutes" });
    expect(durationOf(90)).toEqual({ count: "90", unit: "seconds" });
    expect(durationOf(172_800)).toEqual({ count: "2", unit: "days" });
    expect(durationInWords(3600)).toBe("1 hour");
  });

  it("are read with a fraction, if whole seconds come of it", () => {
    expect(secondsOf({ count: " 1,5 ", unit: "hours" })).toBe(5400);
    expect(secondsOf({ count: "0.1", unit: "minutes" })).toBe(6);
    expect(secondsOf({ count: "0.001", unit: "minutes" })).toBeUndefined();
    expect(secondsOf({ count: "-1", unit: "minutes" })).toBeUndefined();
    expect(secondsOf({ count: "", unit: "days" })).toBeUndefined();
  });
});
