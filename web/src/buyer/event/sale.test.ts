import { describe, expect, test } from "vitest";
import { messageOf, whyNot } from "./notices";
import { saleStateOf, sentenceOf, waitText, type SoldEvent } from "./sale-state";

const NOW = Date.parse("2027-01-01T12:00:00Z");
const nameOf = (seats: string[]) => seats.join(" and ");

function eventWith(changes: Partial<SoldEvent>): SoldEvent {
  const event = { state: "on_sale", starts_at: "2027-06-01T18:00:00Z", ...changes };
  return event as SoldEvent;
}

describe("the state of a sale", () => {
  const counts = { free: 5, held: 1 };

  test("is open between its times", () => {
    expect(saleStateOf(eventWith({}), NOW, counts)).toEqual({ kind: "open" });
    expect(sentenceOf({ kind: "open" })).toBeUndefined();
  });

  test("waits for its opening, to the millisecond", () => {
    const event = eventWith({ sales_open_at: "2027-01-01T12:00:01Z" });
    expect(saleStateOf(event, NOW, counts)).toEqual({ kind: "before", opensAt: NOW + 1_000 });
    expect(saleStateOf(event, NOW + 1_000, counts)).toEqual({ kind: "open" });
  });

  test("ends when sales close, or when the event starts", () => {
    const closed = eventWith({ sales_close_at: "2027-01-01T12:00:00Z" });
    expect(saleStateOf(closed, NOW, counts).kind).toBe("closed");
    const started = eventWith({ starts_at: "2027-01-01T11:00:00Z" });
    expect(saleStateOf(started, NOW, counts).kind).toBe("closed");
  });

  test("tells sold out from held for the moment", () => {
    const full = saleStateOf(eventWith({}), NOW, { free: 0, held: 3 });
    expect(full).toEqual({ kind: "full", isSoldOut: false });
    const soldOut = saleStateOf(eventWith({}), NOW, { free: 0, held: 0 });
    expect(sentenceOf(soldOut)).toContain("Sold out");
  });

  test("does not call a house full that it has not seen", () => {
    expect(saleStateOf(eventWith({}), NOW, undefined)).toEqual({ kind: "open" });
  });

  test.each(["draft", "paused", "closed", "cancelled"] as const)("%s has its sentence", (state) => {
    const found = saleStateOf(eventWith({ state }), NOW, counts);
    expect(found).toEqual({ kind: state });
    expect(sentenceOf(found)).toMatch(/\.$/);
  });

  test.each([
    [0, "00:00:00"],
    [1, "00:00:01"],
    [3_661_000, "01:01:01"],
    [86_400_000, "1 day 00:00:00"],
    [180_000_000, "2 days 02:00:00"],
  ])("%i ms to wait", (ms, text) => {
    expect(waitText(ms)).toBe(text);
  });
});

describe("messages", () => {
  test("name the seats and the time", () => {
    const one = messageOf({ kind: "yours", seats: ["A 1"], secondsLeft: 600 }, nameOf);
    expect(one.text).toBe("A 1 is yours for 10 minutes.");
    const two = messageOf({ kind: "yours", seats: ["A 1", "A 2"], secondsLeft: 90 }, nameOf);
    expect(two.text).toBe("A 1 and A 2 are yours for 1 minute 30 seconds.");
  });

  test("say who was faster", () => {
    const conflicts = [{ seat: "A 1", reason: "held" }];
    const text = messageOf({ kind: "taken", conflicts, wasHeld: false }, nameOf).text;
    expect(text).toBe("Somebody was faster: A 1 has just been taken.");
  });

  test("tell the limit of a hold from that of a person", () => {
    expect(messageOf({ kind: "limit", limit: 10 }, nameOf).text).toBe(
      "You can hold at most 10 seats at a time.",
    );
    expect(messageOf({ kind: "limit", limit: 20, held: 20 }, nameOf).text).toBe(
      "You can have at most 20 seats for this event, and have 20 already.",
    );
  });

  test("say why a seat cannot be had", () => {
    expect(whyNot("h".charCodeAt(0), "A 1")).toContain("held by somebody else");
    expect(whyNot("b".charCodeAt(0), "A 1")).toContain("sold");
    expect(whyNot("x".charCodeAt(0), "A 1")).toContain("not for sale");
  });
});
