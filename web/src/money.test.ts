import { describe, expect, it } from "vitest";
import { formatMoney } from "./money";

describe("money", () => {
  it("is shown exactly, also where a number could not hold it", () => {
    expect(formatMoney("90071992547409.93", "EUR", "en-GB")).toBe("€90,071,992,547,409.93");
  });

  it("has the places that the service gives it, and not those that people round to", () => {
    const words = (amount: string, currency: string) => {
      return formatMoney(amount, currency, "en-GB").replace("\u00a0", " ");
    };
    expect(words("4900.50", "HUF")).toBe("HUF 4,900.50");
    expect(words("49.50", "ALL")).toBe("ALL 49.50");
    expect(words("1.250", "KWD")).toBe("KWD 1.250");
    expect(words("1500", "JPY")).toBe("JP¥1,500");
    expect(words("-49.50", "EUR")).toBe("-€49.50");
  });
});
