import { describe, expect, it } from "vitest";
import type { Decision } from "./waitlist-calls";
import { decisionInWords, DECISIONS, listed, skipsInWords, wishInWords } from "./words";

const HOUSE = {
  sections: new Map([["S", "Stalls"]]),
  categories: new Map([
    ["gold", "Gold"],
    ["silver", "Silver"],
  ]),
  currency: "EUR",
};

describe("a wish", () => {
  it("says how many, where and for how much", () => {
    const anywhere = { quantity: 3, together: false };
    expect(wishInWords(anywhere, HOUSE)).toBe("3 seats, also apart · anywhere");
    const exact = {
      quantity: 2,
      together: true,
      sections: ["S", "gone"],
      categories: ["gold", "silver"],
      price_max: "50.00",
    };
    expect(wishInWords(exact, HOUSE)).toBe(
      "2 seats together · Stalls or gone · Gold or Silver · at most €50.00 a seat",
    );
  });

  it("of one seat says nothing of together", () => {
    const one = { quantity: 1, together: true, sections: [], categories: null };
    expect(wishInWords(one, HOUSE)).toBe("1 seat · anywhere");
  });
});

describe("who was passed over", () => {
  it("is told how often, and why last", () => {
    expect(skipsInWords(0, undefined)).toBe("");
    expect(skipsInWords(1, "not_together")).toBe(
      "Passed over once: the free seats were not next to each other",
    );
    expect(skipsInWords(12, "too_few_seats")).toBe(
      "Passed over 12 times, last because too few of the free seats fitted",
    );
    expect(skipsInWords(2, "some_new_reason")).toMatch(/last because some new reason$/);
  });
});

describe("a decision", () => {
  const of = (kind: string, more: Partial<Decision> = {}) =>
    decisionInWords({ kind, at: "", contact: null, seats: [], ...more }, "me");

  it("is a sentence, whatever kind it is", () => {
    for (const kind of Object.keys(DECISIONS)) expect(of(kind), kind).toMatch(/[a-z].*\.$/);
    expect(of("vanished", { reason: "at_night" })).toBe("vanished: at_night");
  });

  it("names seats and reasons", () => {
    expect(of("offered", { seats: ["A-1", "A-2"] })).toBe("was offered A-1 and A-2.");
    expect(of("lapsed", { reason: "sales_ended" })).toMatch(/the sale is over/);
    expect(of("lapsed", { reason: "event_cancelled" })).toMatch(/the event is called off/);
    expect(of("lapsed")).toMatch(/run out/);
    expect(of("withdrawn", { reason: "seats_taken" })).toMatch(/somebody bought a seat/);
    expect(of("withdrawn", { reason: "not_on_sale" })).toMatch(/just been opened again/);
    expect(of("withdrawn", { reason: "refused_before" })).toMatch(/been refused before/);
    expect(of("let_go", { seats: ["A-1"], reason: "nobody_waits" })).toMatch(/^A-1 back on sale/);
  });

  it("does not say of an offer that was made that it could not be", () => {
    for (const reason of ["paused", "not_told"]) {
      expect(of("withdrawn", { reason })).toMatch(/^waits on; the offer ran out/);
    }
  });

  it("says who decided", () => {
    expect(of("moved", { actor_id: "me" })).toBe("was moved by you.");
    expect(of("removed", { actor_id: "other" })).toMatch(/by an administrator\.$/);
  });
});

it("lists a few labels, and counts many", () => {
  const labels = Array.from({ length: 20 }, (_, nth) => `A-${nth + 1}`);
  expect(listed(labels)).toMatch(/A-8 and 12 more$/);
  expect(listed(["A-1"])).toBe("A-1");
  expect(listed([])).toBe("");
});
