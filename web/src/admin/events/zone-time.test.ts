import { describe, expect, it } from "vitest";
import { momentsOf, wallTimeOf, zoneNameAt } from "./zone-time";

const VIENNA = "Europe/Vienna";

function one(wall: string, zone: string): string | undefined {
  const moments = momentsOf(wall, zone);
  return moments?.kind === "one" ? moments.at.toISOString() : moments?.kind;
}

describe("a time on a place's clocks", () => {
  it("is another moment in summer than in winter", () => {
    expect(one("2027-01-15T19:30", VIENNA)).toBe("2027-01-15T18:30:00.000Z");
    expect(one("2027-07-15T19:30", VIENNA)).toBe("2027-07-15T17:30:00.000Z");
  });

  it("can be on another day", () => {
    expect(one("2027-01-01T08:00", "Pacific/Auckland")).toBe("2026-12-31T19:00:00.000Z");
    expect(one("2026-12-31T20:00", "America/Los_Angeles")).toBe("2027-01-01T04:00:00.000Z");
  });

  it("can be off by half and quarter hours", () => {
    expect(one("2027-01-15T19:30", "Asia/Kathmandu")).toBe("2027-01-15T13:45:00.000Z");
    expect(one("2027-01-15T19:30", "America/St_Johns")).toBe("2027-01-15T23:00:00.000Z");
  });

  it("does not exist in the hour that is left out", () => {
    expect(momentsOf("2027-03-28T02:30", VIENNA)).toEqual({
      kind: "none",
      from: "2027-03-28T02:00",
      to: "2027-03-28T03:00",
    });
    expect(one("2027-03-28T01:59", VIENNA)).toBe("2027-03-28T00:59:00.000Z");
    expect(one("2027-03-28T03:00", VIENNA)).toBe("2027-03-28T01:00:00.000Z");
    expect(momentsOf("2027-03-28T02:00", VIENNA)?.kind).toBe("none");
  });

  it("exists twice in the hour that comes again", () => {
    expect(momentsOf("2026-10-25T02:30", VIENNA)).toEqual({
      kind: "two",
      first: new Date("2026-10-25T00:30:00Z"),
      second: new Date("2026-10-25T01:30:00Z"),
    });
    expect(one("2026-10-25T01:59", VIENNA)).toBe("2026-10-24T23:59:00.000Z");
    expect(one("2026-10-25T03:00", VIENNA)).toBe("2026-10-25T02:00:00.000Z");
  });

  it("knows changes of half an hour, at midnight and in the south", () => {
    expect(momentsOf("2027-10-03T02:15", "Australia/Lord_Howe")).toEqual({
      kind: "none",
      from: "2027-10-03T02:00",
      to: "2027-10-03T02:30",
    });
    expect(momentsOf("2027-03-26T00:30", "Asia/Beirut")?.kind).toBe("one");
    expect(momentsOf("2027-03-28T00:30", "Asia/Beirut")?.kind).toBe("none");
  });

  it("is none when the text is none", () => {
    for (const text of ["", "tomorrow", "2027-02-30T10:00", "2027-13-01T10:00", "2027-01-01"]) {
      expect(momentsOf(text, VIENNA)).toBeUndefined();
    }
  });
});

describe("a moment", () => {
  it("is written as the place's clocks show it", () => {
    expect(wallTimeOf("2027-07-15T17:30:00Z", VIENNA)).toBe("2027-07-15T19:30");
    expect(wallTimeOf("2026-12-31T23:30:00Z", VIENNA)).toBe("2027-01-01T00:30");
  });

  it("comes back from what the clocks show", () => {
    for (let hour = 0; hour < 72; hour += 1) {
      const at = new Date(Date.UTC(2026, 9, 24, hour, 17));
      const moments = momentsOf(wallTimeOf(at, VIENNA), VIENNA);
      const found = moments?.kind === "one" ? [moments.at] : [];
      const both = moments?.kind === "two" ? [moments.first, moments.second] : found;
      expect(both).toContainEqual(at);
    }
  });

  it("has a name for its clock", () => {
    expect(zoneNameAt(new Date("2026-10-25T00:30:00Z"), VIENNA)).toMatch(/CEST|GMT\+2/);
    expect(zoneNameAt(new Date("2026-10-25T01:30:00Z"), VIENNA)).toMatch(/CET|GMT\+1/);
  });
});
