import { describe, expect, test, vi } from "vitest";
import { lowest, money, sum } from "./money";
import { countSeats, listed, nameSeats, nameWithoutPlan } from "./seats";
import { leafOf, momentAt, zoneName } from "./time";

// What is read depends on the machine otherwise.
vi.mock("./locale", () => ({ locale: "en-GB" }));

describe("money", () => {
  test.each([
    [["90.00", "75.50"], "165.50"],
    [["0.10", "0.20"], "0.30"],
    [["1500", "500"], "2000"],
    [["1.005", "2"], "3.005"],
    [["0.01"], "0.01"],
    [[], "0"],
  ])("the sum of %j is %s", (amounts, total) => {
    expect(sum(amounts)).toBe(total);
  });

  test("is shown as it is charged", () => {
    expect(money("4900.50", "HUF")).toBe("HUF\u00a04,900.50");
  });

  test("the lowest price is found by value", () => {
    expect(lowest(["90.00", "100.00", "9.50"])).toBe("9.50");
    expect(lowest([])).toBeUndefined();
  });
});

describe("time", () => {
  const at = "2027-06-20T18:00:00Z";

  test("is the venue's, unnamed where it is the reader's too", () => {
    expect(momentAt(at, "Europe/Vienna", "Europe/Berlin")).toBe("Sun, 20 June 2027 at 20:00");
  });

  test("names the zone where it is another", () => {
    const text = momentAt(at, "Europe/Vienna", "America/New_York");
    expect(text).toBe("Sun, 20 June 2027 at 20:00 (Vienna time)");
  });

  test("a zone that the browser does not know is shown in UTC and named", () => {
    expect(momentAt(at, "Mars/Olympus_Mons", "UTC")).toContain("18:00");
  });

  test("a leaf of the calendar has the venue's day", () => {
    expect(leafOf("2027-06-20T23:30:00Z", "Europe/Vienna")).toEqual({ month: "Jun", day: "21" });
  });

  test("zones are named by their city", () => {
    expect(zoneName("America/New_York")).toBe("New York time");
    expect(zoneName("UTC")).toBe("UTC");
  });
});

describe("seats", () => {
  const seat = (where: string, number: string) => ({ where, noun: "seat" as const, number });

  test("of one row are named together, in order of their numbers", () => {
    const seats = [seat("Stalls, row A", "12"), seat("Stalls, row A", "9")];
    expect(nameSeats(seats)).toBe("Stalls, row A, seats 9 and 12");
  });

  test("of several rows are named row by row", () => {
    const seats = [seat("Stalls, row A", "1"), seat("Circle, row B", "2")];
    expect(nameSeats(seats)).toBe("Stalls, row A, seat 1; Circle, row B, seat 2");
  });

  test("without a plan they are named by what the service says", () => {
    const held = { section: "STALLS", row: "A", number: "1" };
    expect(nameSeats([nameWithoutPlan(held)])).toBe("STALLS, row A, seat 1");
    const standing = { section: "STANDING", row: "", number: "7" };
    expect(nameSeats([nameWithoutPlan(standing)])).toBe("STANDING, place 7");
  });

  test("lists end with and", () => {
    expect(listed([])).toBe("");
    expect(listed(["1"])).toBe("1");
    expect(listed(["1", "2", "3"])).toBe("1, 2 and 3");
  });

  test("one seat is one", () => {
    expect(countSeats(1)).toBe("1 seat");
    expect(countSeats(2)).toBe("2 seats");
  });
});
