import { beforeEach, describe, expect, it } from "vitest";
import { Drafts } from "./drafts";

class MemoryStorage implements Storage {
  readonly #items = new Map<string, string>();
  constructor(private readonly capacity = Infinity) {}
  get length() {
    return this.#items.size;
  }
  key(nth: number) {
    return [...this.#items.keys()][nth] ?? null;
  }
  getItem(key: string) {
    return this.#items.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    if (value.length > this.capacity) throw new DOMException("full", "QuotaExceededError");
    this.#items.set(key, value);
  }
  removeItem(key: string) {
    this.#items.delete(key);
  }
  clear() {
    this.#items.clear();
  }
}

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
    expect(drafts.find("v1")).toEqual(draft);
    expect(drafts.find("v2")).toBeUndefined();
    drafts.forget("v1");
    expect(drafts.find("v1")).toBeUndefined();
  });

  it("are one for each venue", () => {
    drafts.keep("v1", { text: "a", keptAt: 1, version: 1 });
    drafts.keep("v1", { text: "b", keptAt: 2, version: 1 });
    expect(drafts.find("v1")?.text).toBe("b");
    expect(storage.length).toBe(1);
  });

  it("drop the oldest when there are many, and nothing that is not theirs", () => {
    storage.setItem("other", "x");
    for (let nth = 0; nth < 12; nth += 1) {
      drafts.keep(`v${nth}`, { text: "t", keptAt: nth, version: 1 });
    }
    expect(storage.length).toBe(8 + 1);
    expect(drafts.find("v3")).toBeUndefined();
    expect(drafts.find("v4")).toBeDefined();
    expect(drafts.find("v11")).toBeDefined();
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
    expect(none.find("v1")).toBeUndefined();
    expect(() => none.forget("v1")).not.toThrow();
  });

  it("do not offer what somebody else wrote there", () => {
    storage.setItem("holdfast-draft:v1", "{not json");
    storage.setItem("holdfast-draft:v2", '{"text": 5}');
    storage.setItem("holdfast-draft:v3", "null");
    expect(["v1", "v2", "v3"].map((venue) => drafts.find(venue))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
