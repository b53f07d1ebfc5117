import { describe, expect, it } from "vitest";
import { placesOf, readAmount, takings } from "./prices";

describe("a price", () => {
  it("is sent with the currency's decimal places", () => {
    const typed = ["49.5", "49,50", " 49.50 ", "49", "0", "007", ",5", "49."];
    expect(typed.map((text) => readAmount(text, "EUR").amount)).toEqual([
      "49.50",
      "49.50",
      "49.50",
      "49.00",
      "0.00",
      "7.00",
      "0.50",
      "49.00",
    ]);
    expect(readAmount("4950", "JPY").amount).toBe("4950");
    expect(readAmount("1.2345", "KWD").mistake).toBe("KWD has 3 decimal places.");
    expect(readAmount("1.234", "KWD").amount).toBe("1.234");
  });

  it("may have blanks and ticks between thousands", () => {
    expect(readAmount("1 200,50", "EUR").amount).toBe("1200.50");
    expect(readAmount("1’200.50", "CHF").amount).toBe("1200.50");
  });

  it("is not guessed where it could be read in two ways", () => {
    expect(readAmount("1.200,50", "EUR").mistake).toMatch("such as 49.50");
    expect(readAmount("1,200", "EUR").mistake).toBe("EUR has 2 decimal places.");
  });

  it("is refused with the reason", () => {
    expect(readAmount("", "EUR").mistake).toMatch("0 is free");
    expect(readAmount("-3", "EUR").mistake).toMatch("not negative");
    expect(readAmount("free", "EUR").mistake).toMatch("such as 49.50");
    expect(readAmount("49.50", "JPY").mistake).toBe("JPY has no decimal places.");
    expect(readAmount("10000000.01", "EUR").mistake).toMatch("10 million");
    expect(readAmount("1e5", "EUR").mistake).toBeDefined();
  });
});

it("has the places of ISO 4217, where people have others too", () => {
  expect(placesOf("EUR")).toBe(2);
  expect(placesOf("JPY")).toBe(0);
  expect(placesOf("UYW")).toBe(4);
  expect(placesOf("not one")).toBe(2);
  expect(readAmount("4900.00", "HUF").amount).toBe("4900.00");
  expect(readAmount("4900", "HUF").amount).toBe("4900.00");
  expect(readAmount("1500.250", "IQD").amount).toBe("1500.250");
});

it("sums what the house takes only when every price is there", () => {
  expect(takings({ near: 10, far: 20 }, { near: "5.00", far: "2.50" })).toBe(100);
  expect(takings({ near: 10, far: 20 }, { near: "5.00" })).toBeUndefined();
});
