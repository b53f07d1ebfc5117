import { beforeEach, describe, expect, it } from "vitest";
import { DraftKeeper } from "./draft-keeper.svelte";
import { Drafts } from "./drafts";
import { MemoryStorage } from "./testing";

describe("what was typed and not saved", () => {
  let drafts: Drafts;
  const FIRST = "name: Hall";
  const open = (text = FIRST, isOther = false) => new DraftKeeper("new", text, isOther, drafts);
  const offered = () => open().offers.map(({ text }) => text);

  function type(keeper: DraftKeeper, text: string): void {
    keeper.change(text, 0);
    keeper.flush();
  }

  beforeEach(() => {
    drafts = new Drafts(() => storage);
    storage.clear();
    type(open(), "typed yesterday");
  });
  const storage = new MemoryStorage();

  it("is offered until it is taken or dropped", () => {
    expect(offered()).toEqual(["typed yesterday"]);
    const keeper = open();
    for (const offer of keeper.offers) keeper.drop(offer);
    expect(offered()).toEqual([]);
  });

  it("stays beside a file that is opened", () => {
    type(open("from a file", true), "from a file, changed");
    expect(offered().sort()).toEqual(["from a file, changed", "typed yesterday"]);
  });

  it("stays beside what is typed without deciding about it", () => {
    const keeper = open();
    type(keeper, "typed today");
    type(keeper, "typed today, and more");
    expect(offered().sort()).toEqual(["typed today, and more", "typed yesterday"]);
    type(keeper, FIRST);
    expect(offered()).toEqual(["typed yesterday"]);
  });

  it("goes on in its place when it is taken", () => {
    const keeper = open("from a file", true);
    const [offer] = keeper.offers;
    if (!offer) throw new Error("nothing is offered");
    expect(offered()).toHaveLength(2);
    type(keeper, keeper.take(offer));
    expect(keeper.offers).toEqual([]);
    expect(offered()).toEqual(["typed yesterday"]);
    type(keeper, "typed to the end");
    expect(offered()).toEqual(["typed to the end"]);
  });

  it("is left alone when something else is saved, and gone when it is saved itself", () => {
    const keeper = open();
    type(keeper, "another hall");
    keeper.saved("another hall");
    expect(keeper.isUnsaved).toBe(false);
    expect(offered()).toEqual(["typed yesterday"]);
    keeper.saved("typed yesterday");
    expect(keeper.offers).toEqual([]);
  });

  it("while something was being saved is kept", () => {
    const keeper = open();
    keeper.change("saved, and typed on", 0);
    keeper.saved("saved");
    expect(offered()).toContain("saved, and typed on");
  });
});
