import { afterEach, describe, expect, test, vi } from "vitest";
import { remember, remembered } from "./bookings/remembered";
import { readStored, writeStored } from "./storage";

/** A browser's storage, with room for so many texts. */
function stubStorage(roomFor: number): Map<string, string> {
  const texts = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => texts.get(key) ?? null,
    setItem: (key: string, text: string) => {
      if (texts.size >= roomFor && !texts.has(key)) throw new Error("the storage is full");
      texts.set(key, text);
    },
    removeItem: (key: string) => texts.delete(key),
  });
  return texts;
}

afterEach(() => {
  for (const key of ["one", "two", "holdfast.bookings"]) writeStored(key, undefined);
  vi.unstubAllGlobals();
});

describe("storage", () => {
  test("keeps what is written, and forgets it when it is told to", () => {
    const texts = stubStorage(9);
    writeStored("one", { a: 1 });
    expect(texts.get("one")).toBe('{"a":1}');
    expect(readStored("one")).toEqual({ a: 1 });
    writeStored("one", undefined);
    expect(readStored("one")).toBeUndefined();
  });

  test("that is full lasts as long as the page", () => {
    stubStorage(1);
    writeStored("one", 1);
    writeStored("two", 2);
    expect([readStored("one"), readStored("two")]).toEqual([1, 2]);
  });

  test("that is forbidden lasts as long as the page", () => {
    writeStored("one", 1);
    expect(readStored("one")).toBe(1);
    writeStored("one", undefined);
    expect(readStored("one")).toBeUndefined();
  });

  test("that is mangled counts as empty", () => {
    stubStorage(9).set("one", "{");
    expect(readStored("one")).toBeUndefined();
  });
});

describe("bookings of this device", () => {
  const booking = (n: number) => ({
    bookingId: `${n}`,
    reference: `AAAAA-0000${n}`,
    email: "ana@example.org",
  });

  test("are remembered once each, the newest first", () => {
    for (const n of [1, 2, 1]) remember(booking(n));
    expect(remembered()).toEqual([booking(1), booking(2)]);
  });

  test("are bounded", () => {
    for (let n = 0; n < 70; n += 1) remember(booking(n));
    expect(remembered()).toHaveLength(50);
    expect(remembered()[0]).toEqual(booking(69));
  });

  test("that are mangled are left out", () => {
    writeStored("holdfast.bookings", [booking(1), { bookingId: 7 }, null]);
    expect(remembered()).toEqual([booking(1)]);
  });
});
