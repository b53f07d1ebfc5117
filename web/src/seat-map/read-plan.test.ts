import { describe, expect, test } from "vitest";
import { nameOfSeat } from "./plan";
import { LayoutError } from "./read-fields";
import { readPlan } from "./read-plan";
import { sampleLayout, type SampleLayout } from "./sample-layout";

const layout = () => sampleLayout({ key: "A", at: [0, 0], rows: 2, seats: 3, aisleAfter: 2 });

test("seats stand at their index and know their place", () => {
  const plan = readPlan(layout());

  expect(plan.seatCount).toBe(6);
  expect(plan.seats.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  const seat = plan.byLabel.get("A-B-2")!;
  expect(nameOfSeat(seat)).toBe("Block A, row B, seat 2");
  expect(seat.gapAfter).toBe(true);
  expect(seat.positionInRow).toBe(1);
  expect(seat.category.price).toBe("90.00");
  expect(plan.currency).toBe("EUR");
});

test("a venue's layout has no prices", () => {
  const venue = layout();
  for (const category of venue.categories) delete category.amount;

  expect(readPlan(venue).categories[0]).not.toHaveProperty("price");
});

test("what older layouts leave out is made up for", () => {
  const plan = readPlan({ ...layout(), focal_point: null, figures: undefined });

  expect(plan.sections[0]?.outline).toHaveLength(4);
  expect(plan.bounds.min.x).toBeLessThan(0);
  expect(Number.isFinite(plan.focalPoint.y)).toBe(true);
});

test("tables, boxes and places are called what they are", () => {
  const document = layout();
  const outline = [
    { x: 0, y: 0 },
    { x: 1, y: 0 },
    { x: 1, y: 1 },
  ];
  const section = document.sections[0] as unknown as Record<string, unknown>;
  section.tables = [{ kind: "box", name: "A", outline, name_at: { x: 0, y: 0 } }];
  const boxes = readPlan(document);
  expect(nameOfSeat(boxes.seats[0]!)).toBe("Block A, box A, seat 1");
  expect(nameOfSeat(boxes.seats[3]!)).toBe("Block A, table B, seat 1");

  section.tables = [];
  section.kind = "general_admission";
  expect(nameOfSeat(readPlan(document).seats[0]!)).toBe("Block A, place 1");
});

describe("a garbled layout is refused with a sentence that names the place", () => {
  const cases: [string, (layout: SampleLayout) => unknown, RegExp][] = [
    ["nothing", () => null, /it should be a map/],
    ["a list", () => [], /it should be a map/],
    ["no sections", (it) => ({ ...it, sections: undefined }), /sections should be a list/],
    ["no seats", (it) => ({ ...it, sections: [], seat_count: 0 }), /has no seats/],
    ["fewer seats", (it) => ({ ...it, seat_count: 9 }), /the index 6 is missing/],
    ["more seats", (it) => ({ ...it, seat_count: 5 }), /should have 5 seats and has 6/],
    ["a count of -1", (it) => ({ ...it, seat_count: -1 }), /seat_count should be a whole number/],
    ["a far corner", (it) => put(it, "x", 1e9), /seats\[1\]\.x should be a number/],
    ["no number", (it) => put(it, "x", null), /sections\[0\]\.rows\[0\]\.seats\[1\]\.x/],
    ["not a number", (it) => put(it, "y", Number.NaN), /seats\[1\]\.y should be a number/],
    ["an index twice", (it) => put(it, "index", 0), /two seats have the index 0/],
    ["an index and a half", (it) => put(it, "index", 1.5), /index should be a whole number/],
    ["a huge index", (it) => put(it, "index", 4e8), /below 1000000|should be a number/],
    ["a label twice", (it) => put(it, "label", "A-A-1"), /two seats "A-A-1"/],
    ["a label of 7", (it) => put(it, "label", 7), /seats\[1\]\.label should be text/],
    [
      "another category",
      (it) => put(it, "category", "lead"),
      /category "lead", which there is not/,
    ],
    ["flags of text", (it) => put(it, "flags", "accessible"), /should be a list/],
    ["a row of 3", (it) => ({ ...it, sections: [{ ...it.sections[0], rows: [3] }] }), /rows\[0\]/],
    [
      "a strange kind",
      (it) => ({ ...it, sections: [{ ...it.sections[0], kind: "sofa" }] }),
      /sofa/,
    ],
    ["a category twice", twoAlike, /two categories "gold"/],
    ["a figure in a line", (it) => ({ ...it, figures: [{ kind: "stage" }] }), /fewer than 3/],
    ["an outline of words", outlineOfWords, /outline\[0\]\.x should be a number/],
  ];

  test.each(cases)("%s", (_name, garble, sentence) => {
    const read = () => readPlan(garble(layout()));

    expect(read).toThrow(LayoutError);
    expect(read).toThrow(sentence);
  });
});

function put(document: SampleLayout, key: string, value: unknown): SampleLayout {
  const seat = document.sections[0]!.rows[0]!.seats[1] as unknown as Record<string, unknown>;
  seat[key] = value;
  return document;
}

function twoAlike(document: SampleLayout): SampleLayout {
  document.categories[1]!.key = "gold";
  return document;
}

function outlineOfWords(document: SampleLayout): unknown {
  const outline = [{ x: "left", y: 0 }];
  return { ...document, sections: [{ ...document.sections[0], outline }] };
}
