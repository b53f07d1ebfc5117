import { expect, it } from "vitest";
import { carryOver } from "./carry-over";
import { emptyForm } from "./event-form";

it("keeps what was typed and takes over the rest", () => {
  const base = { ...emptyForm(), name: "Gala", prices: { near: "10.00", far: "5.00" } };
  const typed = structuredClone(base);
  typed.prices["near"] = "12";
  typed.times.sales_close_at = "2027-01-01T10:00";
  typed.isPartial.sales_open_at = true;
  const newer = structuredClone(base);
  newer.name = "Grand gala";
  newer.prices = { near: "11.00", far: "6.00" };
  newer.times.starts_at = "2027-01-02T10:00";
  newer.times.sales_open_at = "2026-12-02T10:00";

  const merged = carryOver(base, typed, newer);

  expect(merged.name).toBe("Grand gala");
  expect(merged.prices).toEqual({ near: "12", far: "6.00" });
  expect(merged.times).toMatchObject({
    starts_at: "2027-01-02T10:00",
    sales_close_at: "2027-01-01T10:00",
    sales_open_at: "",
  });
  expect(merged.isPartial.sales_open_at).toBe(true);
});
