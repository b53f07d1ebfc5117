import { beforeEach, expect, test, vi } from "vitest";
import { findVenues } from "./venue-choice";

vi.mock("../session/session.svelte", async () => {
  const { connect } = await import("../../api");
  return { api: connect(undefined, "http://service") };
});

const PAGE = 200;
const venue = (name: string) => ({ venue_id: name, name });
const BUILT_IN = ["club", "theatre"].map((key) => ({ ...venue(key), built_in_key: key }));
const others = Array.from({ length: 2_001 }, (_, nth) => venue(`other ${nth}`));
let asked: URLSearchParams[];

/** Lists venues as the service does: newest first, and those that it came with are its oldest. */
async function list(request: Request): Promise<Response> {
  const query = new URL(request.url).searchParams;
  asked.push(query);
  const mine = Array.from({ length: 250 }, (_, nth) => venue(`own ${nth}`));
  const found = query.get("mine") === "true" ? mine : [...others, ...BUILT_IN];
  const isLeft = (each: object) => query.get("built_in") !== "true" || "built_in_key" in each;
  const from = Number(query.get("after") ?? 0);
  const items = found.filter(isLeft).slice(from, from + PAGE);
  const next = from + PAGE < found.filter(isLeft).length ? String(from + PAGE) : null;
  return Promise.resolve(Response.json({ items, next }));
}

beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", list);
});

test("the built-in venues are found among however many others", async () => {
  const { own, builtIn } = await findVenues();

  expect(builtIn.map(({ name }) => name)).toEqual(["club", "theatre"]);
  expect(own).toHaveLength(250);
  expect(asked).toHaveLength(3);
});
