import { describe, expect, test } from "vitest";
import { ProblemError, type Problem } from "../../api";
import { readPlan } from "../../seat-map";
import { sampleLayout } from "../../seat-map/sample-layout";
import type { SoldEvent } from "../event/sale-state";
import type { Entry, Terms } from "./entry";
import { isInviting } from "./lack";
import { readKept } from "./secret";
import { ceilings, quantityMax, wishMistake, wishOf, type WishForm } from "./wish";
import {
  aheadText,
  endText,
  joinSentence,
  ordinal,
  quietText,
  waitingText,
  wishText,
} from "./words";

const plan = readPlan(
  sampleLayout(
    { key: "L", at: [0, 0], rows: 1, seats: 4 },
    { key: "M", at: [0, 3], rows: 1, seats: 4, category: "silver" },
  ),
);
const TERMS = { is_open: true, quantity_max: 6, offer_ttl_seconds: 900, waiting: 0 } as Terms;
const EVENT = { seats_per_person_max: 4 } as SoldEvent;

function entryWith(changes: Partial<Entry>): Entry {
  return { state: "waiting", quantity: 2, together: true, ...changes } as Entry;
}

test.each([
  [1, "1st"],
  [2, "2nd"],
  [3, "3rd"],
  [4, "4th"],
  [11, "11th"],
  [12, "12th"],
  [13, "13th"],
  [21, "21st"],
  [1012, "1,012th"],
  [1023, "1,023rd"],
])("the place %i is the %s", (n, text) => {
  expect(ordinal(n)).toBe(text);
});

test("people are counted in words", () => {
  expect(aheadText(0)).toBe("Nobody is ahead of you.");
  expect(aheadText(1)).toBe("1 person is ahead of you.");
  expect(aheadText(1_200)).toBe("1,200 people are ahead of you.");
  expect(waitingText(1)).toBe("1 person is waiting now.");
});

describe("a wish", () => {
  const form: WishForm = {
    quantity: 2,
    isTogether: true,
    sections: [],
    categories: [],
    priceMax: "",
  };
  const contact = { name: " Ana ", email: " ana@example.org " };

  test("asks for nothing that was not chosen", () => {
    expect(wishOf(form, plan, contact)).toEqual({
      quantity: 2,
      together: true,
      contact: { name: "Ana", email: "ana@example.org" },
    });
  });

  test("for all sections is one for any; for some, it names them", () => {
    expect(wishOf({ ...form, sections: ["L", "M"] }, plan, contact)).not.toHaveProperty("sections");
    const some = wishOf({ ...form, sections: ["M"], priceMax: "45.00" }, plan, contact);
    expect(some).toMatchObject({ sections: ["M"], price_max: "45.00" });
  });

  test("has the prices as ceilings, the highest first", () => {
    expect(ceilings(plan)).toEqual(["90.00", "45.00"]);
  });

  test("is for no more than one person may wait for, or have", () => {
    expect(quantityMax(TERMS, EVENT)).toBe(4);
    expect(quantityMax({ ...TERMS, quantity_max: 2 }, EVENT)).toBe(2);
  });

  test("is told in words", () => {
    expect(wishText(entryWith({}), plan, "EUR")).toBe("2 seats next to each other");
    expect(wishText(entryWith({ quantity: 1 }), plan, "EUR")).toBe("1 seat");
    const certain = entryWith({
      together: false,
      sections: ["L", "M"],
      categories: ["silver"],
      price_max: "45.00",
    });
    expect(wishText(certain, plan, "EUR")).toBe(
      "2 seats, in Block L or Block M, of category Silver, for at most €45.00 each",
    );
  });

  test("that will not do is told where it can be mended", () => {
    expect(wishMistake({ "/quantity": "is more than the house has of such seats" })).toContain(
      "not that many seats",
    );
    expect(wishMistake({ "/quantity": "must be from 1 to 2" })).toBe(
      "The number of seats must be from 1 to 2.",
    );
    expect(wishMistake({ "/sections/3": "the event has none of that key" })).toContain("anew");
    expect(wishMistake({ "/contact/email": "is no address" })).toBeUndefined();
  });
});

test("nobody is invited to a waitlist that is closed, or for what can be had", () => {
  expect(isInviting({ kind: "all" }, TERMS, EVENT)).toBe(true);
  expect(isInviting({ kind: "all" }, { ...TERMS, is_open: false }, EVENT)).toBe(false);
  expect(isInviting({ kind: "all" }, undefined, EVENT)).toBe(false);
  expect(isInviting(undefined, TERMS, EVENT)).toBe(false);
  expect(isInviting({ kind: "together", longest: 3 }, TERMS, EVENT)).toBe(true);
  expect(isInviting({ kind: "together", longest: 4 }, TERMS, EVENT)).toBe(false);
});

test("each end has its words", () => {
  const known = { names: "", isDeclined: false, mayHaveBeenUnverified: false };
  const text = (state: Entry["state"], more = {}) =>
    endText(entryWith({ state }), { ...known, ...more });
  expect(text("accepted")).toContain("booked");
  expect(text("removed")).toContain("organiser");
  expect(text("left")).toContain("left");
  expect(text("left", { isDeclined: true })).toContain("let the seats go");
  expect(text("lapsed", { names: "Row A, seat 1" })).toMatch(/^Your time is up: Row A, seat 1/);
  expect(text("lapsed")).not.toContain("link in the mail");
  expect(text("lapsed", { mayHaveBeenUnverified: true })).toContain("link in the mail");
});

test("quiet hours are told only where they lengthen an offer", () => {
  const quiet = { ...TERMS, quiet_hours: { from: "22:00", until: "08:00" } };
  expect(quietText(quiet, 36_000)).toContain("from 22:00 to 08:00");
  expect(quietText(quiet, 900)).toBeUndefined();
  expect(quietText(TERMS, 36_000)).toBeUndefined();
});

test("a full waitlist is told from one that takes nobody", () => {
  const closed = (reason: string) =>
    joinSentence(new ProblemError("waitlist_closed", { reason } as unknown as Problem));
  expect(closed("full")).toContain("full");
  expect(closed("not_open")).toContain("does not take anybody");
});

test("what a device keeps of an entry may be mangled", () => {
  expect(readKept(undefined)).toBeUndefined();
  expect(readKept("text")).toBeUndefined();
  expect(readKept({ token: 7, link: "" })).toEqual({ link: "" });
  expect(readKept({ token: "secret" })).toEqual({ token: "secret" });
});
