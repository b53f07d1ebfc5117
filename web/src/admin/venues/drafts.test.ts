import { beforeEach, describe, expect, it } from "vitest";
import { Drafts } from "./drafts";
import { MemoryStorage } from "./testing";

describe("drafts", () => {
  let storage: MemoryStorage;
  let drafts: Drafts;

  beforeEach(() => {
    storage = new MemoryStorage();
    drafts = new Drafts(() => storage);
  });

  it("are found again until they are forgotten", () => {
    const draft = { text: "name: Hall", keptAt: 5, version: 2 };
    expect(drafts.keep("v1", draft)).toBe(true);
    expect(drafts.of("v1")).toEqual([{ ...draft, place: "v1" }]);
    expect(drafts.of("v2")).toEqual([]);
    drafts.forget("v1");
    expect(drafts.of("v1")).toEqual([]);
  });

  it("lie each in a place of the venue, the newest first", () => {
    for (const text of ["a", "b", "c"]) {
      drafts.keep(drafts.placeFor("v1"), { text, keptAt: text.charCodeAt(0), version: 1 });
    }
    expect(drafts.of("v1").map(({ text }) => text)).toEqual(["c", "b", "a"]);
    drafts.forget("v1:2");
    expect(drafts.placeFor("v1")).toBe("v1:2");
    expect(drafts.placeFor("v2")).toBe("v2");
  });

  it("of one venue take the oldest one's place where there is no other", () => {
    for (let nth = 0; nth < 8; nth += 1) {
      drafts.keep(drafts.placeFor("v1"), { text: `${nth}`, keptAt: 20 - nth, version: 1 });
    }
    expect(drafts.placeFor("v1")).toBe("v1:8");
  });

  it("drop the oldest when there are many, and nothing that is not theirs", () => {
    storage.setItem("other", "x");
    for (let nth = 0; nth < 12; nth += 1) {
      drafts.keep(`v${nth}`, { text: "t", keptAt: nth, version: 1 });
    }
    expect(storage.length).toBe(8 + 1);
    expect(drafts.of("v3")).toEqual([]);
    expect(drafts.of("v4")).toHaveLength(1);
    expect(drafts.of("v11")).toHaveLength(1);
  });

  it("say when the browser has no room", () => {
    const full = new Drafts(() => new MemoryStorage(10));
    expect(full.keep("v1", { text: "too long for it", keptAt: 1, version: 1 })).toBe(false);
  });

  it("say when the browser keeps nothing at all", () => {
    const none = new Drafts(() => {
      throw new DOMException("denied", "SecurityError");
    });
    expect(none.keep("v1", { text: "", keptAt: 1, version: 1 })).toBe(false);
    expect(none.of("v1")).toEqual([]);
    expect(() => none.forget("v1")).not.toThrow();
  });

  it("do not offer what somebody else wrote there", () => {
    storage.setItem("holdfast-draft:v1", "{not json");
    storage.setItem("holdfast-draft:v2", '{"text": 5}');
    storage.setItem("holdfast-draft:v3", "null");
    expect(["v1", "v2", "v3"].flatMap((venue) => drafts.of(venue))).toEqual([]);
  });
});
