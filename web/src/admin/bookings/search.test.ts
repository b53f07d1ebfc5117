import { describe, expect, it } from "vitest";
import { queryOf, readSearch, searchOf } from "./search";

describe("a search", () => {
  const seats = new Set(["STALLS-A-12", "FLOOR-10234"]);
  const read = (typed: string) => readSearch(typed, (label) => seats.has(label));

  it("is by what the text looks like", () => {
    expect(read(" 7K3QM-4XRT9 ")).toEqual({ reference: "7K3QM-4XRT9" });
    expect(read("7k3qm4xrt9")).toEqual({ reference: "7k3qm4xrt9" });
    expect(read("ana@example.org")).toEqual({ email: "ana@example.org" });
    expect(read("stalls-a-12")).toEqual({ seat: "STALLS-A-12" });
    expect(read("  ")).toEqual({});
  });

  it("is by seat where the house has such a seat, or where nothing else fits", () => {
    expect(read("floor-10234")).toEqual({ seat: "FLOOR-10234" });
    expect(read("FLOOR-99999")).toEqual({ reference: "FLOOR-99999" });
    expect(read("BAR-1")).toEqual({ seat: "BAR-1" });
  });

  it("stands in the address, and comes back from it", () => {
    const query = queryOf("ana+1@example.org", "0199");
    expect(searchOf(query)).toEqual({ typed: "ana+1@example.org", booking: "0199" });
    expect(queryOf(" ")).toBe("");
    expect(searchOf("")).toEqual({ typed: "", booking: undefined });
  });
});
