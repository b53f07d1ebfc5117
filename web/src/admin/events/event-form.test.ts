import { describe, expect, it } from "vitest";
import { ProblemError, type Problem } from "../../api";
import { changesOf } from "./event-changes";
import {
  changesBetween,
  emptyForm,
  formOf,
  isTyped,
  readForm,
  twoClocks,
  type Event,
  type EventForm,
} from "./event-form";
import { mistakesOf } from "./event-mistakes";

const ZONE = "Europe/Vienna";

function filled() {
  const form = emptyForm();
  form.name = " Opening night ";
  form.times.starts_at = "2027-07-15T19:30";
  form.prices = { near: "49,5", far: "20" };
  return form;
}

function event(more: Partial<Event> = {}): Event {
  return {
    event_id: "e",
    name: "Opening night",
    venue: { venue_id: "v", name: "Hall", version: 1, time_zone: ZONE },
    starts_at: "2027-07-15T17:30:00Z",
    sales_open_at: null,
    sales_close_at: null,
    currency: "EUR",
    prices: [{ category: "near", name: "Near", colour: "#d55e00", amount: "49.50" }],
    hold_ttl_seconds: 600,
    hold_lifetime_max_seconds: 1800,
    seats_per_hold_max: 10,
    seats_per_person_max: 20,
    seat_count: 100,
    state: "draft",
    version: 3,
    created_at: "2026-11-20T12:00:00Z",
    opened_at: null,
    closed_at: null,
    cancelled_at: null,
    ...more,
  };
}

describe("the form of an event", () => {
  it("becomes what the service takes", () => {
    const { terms, mistakes } = readForm(filled(), ZONE, ["near", "far"]);
    expect(mistakes).toEqual({});
    expect(terms).toEqual({
      name: "Opening night",
      currency: "EUR",
      starts_at: "2027-07-15T17:30:00.000Z",
      sales_open_at: null,
      sales_close_at: null,
      prices: [
        { category: "near", amount: "49.50" },
        { category: "far", amount: "20.00" },
      ],
      hold_ttl_seconds: 600,
      hold_lifetime_max_seconds: 1800,
      seats_per_hold_max: 10,
      seats_per_person_max: 20,
    });
  });

  it("names every mistake at its field", () => {
    const form = emptyForm();
    form.prices = { near: "dear" };
    form.hold_minutes = "ten";
    form.times.sales_open_at = "2027-03-28T02:30";
    const { mistakes } = readForm(form, ZONE, ["near", "far"]);
    expect(Object.keys(mistakes).sort()).toEqual([
      "hold_minutes",
      "name",
      "price:far",
      "price:near",
      "sales_open_at",
      "starts_at",
    ]);
    expect(mistakes["sales_open_at"]).toBe(
      "The clocks at the venue go from 02:00 to 03:00 that night: there is no 02:30.",
    );
  });

  it("does not take a time that was typed by half for none", () => {
    const form = filled();
    form.isPartial.sales_open_at = true;
    form.isPartial.starts_at = true;
    form.times.starts_at = "";
    const { mistakes } = readForm(form, ZONE, ["near", "far"]);
    expect(mistakes).toEqual({
      starts_at: "Please give a day and a time.",
      sales_open_at: "Please give a day and a time.",
    });
  });

  it("asks which of two moments is meant, and takes the one that was said", () => {
    const form = filled();
    form.times.starts_at = "2027-10-31T02:30";
    expect(twoClocks(form.times.starts_at, ZONE)).toHaveLength(2);
    expect(twoClocks("2027-10-31T04:30", ZONE)).toBeUndefined();
    expect(readForm(form, ZONE, []).terms.starts_at).toBe("2027-10-31T00:30:00.000Z");
    form.isSecond.starts_at = true;
    expect(readForm(form, ZONE, []).terms.starts_at).toBe("2027-10-31T01:30:00.000Z");
  });

  it("comes back from an event, to the hour that comes twice", () => {
    const form = formOf(event({ starts_at: "2027-10-31T01:30:00Z", hold_ttl_seconds: 90 }));
    expect(form.times.starts_at).toBe("2027-10-31T02:30");
    expect(form.isSecond.starts_at).toBe(true);
    expect(form.hold_minutes).toBe("1.5");
    expect(readForm(form, ZONE, ["near"]).terms.hold_ttl_seconds).toBe(90);
  });

  it("comes back with its prices, whatever people round them to", () => {
    const prices = [{ category: "near", name: "Near", colour: "#d55e00", amount: "4900.50" }];
    const { terms, mistakes } = readForm(formOf(event({ currency: "HUF", prices })), ZONE, [
      "near",
    ]);
    expect(mistakes).toEqual({});
    expect(terms.prices).toEqual([{ category: "near", amount: "4900.50" }]);
  });

  it("is sent as what differs, without what an event keeps", () => {
    const before = readForm(formOf(event()), ZONE, ["near"]).terms;
    const form = formOf(event());
    expect(changesBetween(before, readForm(form, ZONE, ["near"]).terms)).toEqual({});
    form.name = "Second night";
    form.times.sales_close_at = "2027-07-15T18:00";
    form.currency = "CHF";
    const { terms } = readForm(form, ZONE, ["near"]);
    expect(changesBetween(before, terms)).toEqual({
      name: "Second night",
      sales_close_at: "2027-07-15T16:00:00.000Z",
    });
    form.hold_minutes = "5";
    const shorter = readForm(form, ZONE, ["near"]).terms;
    expect(changesBetween(before, shorter)).toMatchObject({
      hold_ttl_seconds: 300,
      hold_lifetime_max_seconds: 900,
    });
  });
});

describe("mistakes that the service found", () => {
  it("stand at their fields, in the form's words", () => {
    const errors = [
      { pointer: "/prices/1/amount", detail: "must not be negative" },
      { pointer: "/sales_close_at", detail: "must be after sales_open_at" },
      { pointer: "/sales_close_at", detail: "must not be after starts_at" },
      { pointer: "/hold_ttl_seconds", detail: "must be from 5 to 3600" },
      { pointer: "/prices", detail: "has no price for far" },
    ];
    const problem = new ProblemError("validation_failed", { errors } as unknown as Problem);
    expect(mistakesOf(problem, ["near", "far"])).toEqual({
      "price:far": "Must not be negative.",
      sales_close_at: "Must not be after the start of the event.",
      hold_minutes: "Must be between 5 seconds and 60 minutes.",
      form: "Has no price for far.",
    });
  });
});

describe("what somebody else changed", () => {
  it("is named with what it was", () => {
    const other = event({ name: "Gala", state: "paused", version: 5 });
    expect(changesOf(event(), other)).toEqual([
      { name: "Name", before: "Opening night", after: "Gala" },
      { name: "State", before: "Draft", after: "Paused" },
    ]);
    expect(changesOf(event(), event())).toEqual([]);
  });
});

describe("what was typed into a new event's form", () => {
  it("is nothing where only the fields of its prices are there", () => {
    expect(isTyped(emptyForm())).toBe(false);
    expect(isTyped({ ...emptyForm(), prices: { near: "", far: "" } })).toBe(false);
  });

  const { times, isPartial } = emptyForm();
  it.each<[string, Partial<EventForm>]>([
    ["a price", { prices: { near: "49" } }],
    ["the end of the sale", { times: { ...times, sales_close_at: "2027-07-15T19:30" } }],
    ["half of a time", { isPartial: { ...isPartial, starts_at: true } }],
    ["a currency", { currency: "HUF" }],
    ["a limit", { seats_per_hold_max: "4" }],
  ])("is %s", (_, typed) => {
    expect(isTyped({ ...emptyForm(), ...typed })).toBe(true);
  });
});
