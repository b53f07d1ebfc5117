import {
  boundsOf,
  distance,
  emptyBounds,
  extend,
  innerPoint,
  isInside,
  middleOf,
} from "./geometry";
import { inflate, type Bounds, type Point } from "./geometry";
import { coloursOf, markOf } from "./palette";
import type { Figure, FigureKind, Plan, PlanCategory, PlanRow, PlanSeat } from "./plan";
import type { PlanSection, SeatFlag, SectionKind } from "./plan";
import { arrayIn, countIn, isPlace, LayoutError, listIn, member } from "./read-fields";
import {
  numberIn,
  objectIn,
  optionalListIn,
  optionalTextIn,
  outlineIn,
  pointIn,
  textIn,
  wordIn,
  type Found,
} from "./read-fields";

const FLAGS: readonly SeatFlag[] = ["accessible", "companion", "restricted_view"];
const SECTION_KINDS: readonly SectionKind[] = ["reserved", "general_admission"];
const FIGURE_KINDS: readonly FigureKind[] = [
  "stage",
  "pitch",
  "floor",
  "bar",
  "desk",
  "wall",
  "other",
  "table",
  "box",
];

/** Drawn between neighbours as much as this, the rest is room. */
const SEAT_SHARE = 0.82;
const SEAT_SIZE_MIN = 0.3;
const SEAT_SIZE_MAX = 0.62;
const PLACE_SIZE = 0.36;

/**
 * Reads a layout document, of a venue or of an event.
 *
 * @throws {LayoutError} with a sentence, when it is garbled.
 */
export function readPlan(layout: unknown): Plan {
  const document: Found = { value: layout, at: "" };
  objectIn(document);
  const categories = readCategories(member(document, "categories"));
  const seats: PlanSeat[] = [];
  const byLabel = new Map<string, PlanSeat>();
  const context = { categories: new Map(categories.map((it) => [it.key, it])), seats, byLabel };
  const sections = listIn(member(document, "sections")).map((found, nth) =>
    readSection(found, nth, context),
  );
  const seatCount = countIn(member(document, "seat_count"));
  checkIndices(seats, seatCount);
  const figures = optionalListIn(member(document, "figures")).map(readFigure);
  const bounds = boundsOfAll(sections, figures);
  return {
    name: optionalTextIn(member(document, "name")),
    seatCount,
    currency: optionalTextIn(member(document, "currency")) || undefined,
    seats,
    sections,
    categories,
    byLabel,
    focalPoint: readFocalPoint(member(document, "focal_point"), bounds),
    bounds,
    figures,
  };
}

interface Context {
  categories: Map<string, PlanCategory>;
  seats: PlanSeat[];
  byLabel: Map<string, PlanSeat>;
}

function readCategories(found: Found): PlanCategory[] {
  const items = listIn(found);
  const colours = coloursOf(
    items.map((item) => optionalTextIn(member(item, "colour")) || undefined),
  );
  const categories = items.map((item, nth): PlanCategory => {
    const key = textIn(member(item, "key"));
    const amount = optionalTextIn(member(item, "amount")) || optionalTextIn(member(item, "price"));
    const name = optionalTextIn(member(item, "name")) || key;
    const category = { nth, key, name, colour: colours[nth] as string, mark: markOf(nth) };
    return amount === "" ? category : { ...category, price: amount };
  });
  const twice = findTwice(categories.map(({ key }) => key));
  if (twice !== undefined) {
    throw new LayoutError(`The plan is garbled: it has two categories "${twice}".`);
  }
  return categories;
}

function readSection(found: Found, nth: number, context: Context): PlanSection {
  const rotation = member(found, "rotation");
  const section = {
    nth,
    key: textIn(member(found, "key")),
    name: textIn(member(found, "name")),
    kind: wordIn(member(found, "kind"), SECTION_KINDS),
    outline: outlineIn(member(found, "outline")),
    rotation: rotation.value === undefined ? 0 : numberIn(rotation),
    tables: optionalListIn(member(found, "tables")).map(readFigure),
  } as PlanSection;
  section.rows = listIn(member(found, "rows")).map((row) => readRow(row, section, context));
  const seats = section.rows.flatMap((row) => row.seats);
  section.seatCount = seats.length;
  section.seatSize = seatSizeOf(section);
  complete(section, seats, member(found, "name_at"));
  section.category = commonest(seats) ?? firstOf(context.categories, found.at);
  return section;
}

/** Fills in what older layouts leave out: the outline, and where the name stands. */
function complete(section: PlanSection, seats: PlanSeat[], nameAt: Found): void {
  if (section.outline.length < 3) section.outline = boxAround(seats);
  section.bounds = boundsOf([...section.outline, ...seats]);
  const wanted = nameAt.value ? pointIn(nameAt) : undefined;
  const fits = wanted && isInside(section.outline, wanted);
  section.nameAt = fits ? wanted : innerPoint(section.outline);
}

function boxAround(seats: readonly Point[]): Point[] {
  if (seats.length === 0) return [];
  const { min, max } = inflate(boundsOf(seats), 0.6);
  return [min, { x: max.x, y: min.y }, max, { x: min.x, y: max.y }];
}

function readRow(found: Found, section: PlanSection, context: Context): PlanRow {
  const label = textIn(member(found, "label"));
  const items = member(found, "seats");
  const seats: PlanSeat[] = [];
  for (const [position, item] of arrayIn(items).entries()) {
    const seat = readSeat(item, context.categories, () => `${items.at}[${position}]`);
    seat.section = section;
    seat.row = label;
    seat.positionInRow = position;
    seat.rowSeats = seats;
    seats.push(seat);
    if (context.byLabel.has(seat.label)) {
      throw new LayoutError(`The plan is garbled: it has two seats "${seat.label}".`);
    }
    if (context.seats[seat.index] !== undefined) {
      throw new LayoutError(`The plan is garbled: two seats have the index ${seat.index}.`);
    }
    context.byLabel.set(seat.label, seat);
    context.seats[seat.index] = seat;
  }
  return { label, seats };
}

/** There are tens of thousands: where a seat stands in the document is put together when wrong. */
function readSeat(
  value: unknown,
  categories: Map<string, PlanCategory>,
  at: () => string,
): PlanSeat {
  if (typeof value !== "object" || value === null) objectIn({ value, at: at() });
  const seat = value as Record<string, unknown>;
  const category = categories.get(seat.category as string);
  if (!category) {
    throw new LayoutError(
      `The plan is garbled: ${at()} has the category ${JSON.stringify(seat.category)}, which there is not.`,
    );
  }
  const { index, label, number, x, y, flags } = seat;
  if (!isIndex(index)) countIn({ value: index, at: `${at()}.index` }, SEATS_MAX);
  if (typeof label !== "string") textIn({ value: label, at: `${at()}.label` });
  if (typeof number !== "string") textIn({ value: number, at: `${at()}.number` });
  if (!isPlace(x)) numberIn({ value: x, at: `${at()}.x` });
  if (!isPlace(y)) numberIn({ value: y, at: `${at()}.y` });
  return {
    index,
    label,
    number,
    x,
    y,
    category,
    flags: flags === undefined ? NO_FLAGS : readFlags({ value: flags, at: `${at()}.flags` }),
    gapAfter: seat.gap_after === true,
  } as PlanSeat;
}

function isIndex(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < SEATS_MAX;
}

const NO_FLAGS: SeatFlag[] = [];
const SEATS_MAX = 1_000_000;

/** A flag that a newer service may add is passed over. */
function readFlags(found: Found): SeatFlag[] {
  const flags = listIn(found).map(textIn);
  return FLAGS.filter((flag) => flags.includes(flag));
}

function readFigure(found: Found): Figure {
  const outline = outlineIn(member(found, "outline"));
  const nameAt = member(found, "name_at");
  if (outline.length < 3) {
    throw new LayoutError(`The plan is garbled: ${found.at}.outline has fewer than 3 corners.`);
  }
  return {
    kind: wordIn(member(found, "kind"), FIGURE_KINDS),
    name: optionalTextIn(member(found, "name")),
    nameAt: nameAt.value ? pointIn(nameAt) : middleOf(boundsOf(outline)),
    outline,
  };
}

function readFocalPoint(found: Found, bounds: Bounds): Point {
  return found.value ? pointIn(found) : { x: middleOf(bounds).x, y: bounds.min.y };
}

function checkIndices(seats: PlanSeat[], seatCount: number): void {
  if (seatCount === 0) throw new LayoutError("The plan has no seats.");
  for (let index = 0; index < Math.max(seatCount, seats.length); index++) {
    if (seats[index] === undefined) {
      throw new LayoutError(`The plan is garbled: the seat with the index ${index} is missing.`);
    }
  }
  if (seats.length > seatCount) {
    throw new LayoutError(
      `The plan is garbled: it should have ${seatCount} seats and has ${seats.length}.`,
    );
  }
}

/** As large as the closest neighbours of the section allow. */
function seatSizeOf({ rows, kind }: PlanSection): number {
  if (kind === "general_admission") return PLACE_SIZE;
  let closest = Infinity;
  for (const { seats } of rows) {
    for (const [nth, seat] of seats.entries()) {
      const next = seats[nth + 1];
      if (next) closest = Math.min(closest, distance(seat, next));
    }
  }
  for (const [nth, { seats }] of rows.entries()) {
    const [front, behind] = [seats[0], rows[nth + 1]?.seats[0]];
    if (front && behind) closest = Math.min(closest, distance(front, behind));
  }
  if (closest === Infinity) closest = 0.55;
  return Math.min(SEAT_SIZE_MAX, Math.max(SEAT_SIZE_MIN, closest * SEAT_SHARE));
}

function commonest(seats: readonly PlanSeat[]): PlanCategory | undefined {
  const counts = new Map<PlanCategory, number>();
  for (const { category } of seats) counts.set(category, (counts.get(category) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function firstOf(categories: Map<string, PlanCategory>, at: string): PlanCategory {
  const [first] = categories.values();
  if (first) return first;
  throw new LayoutError(`The plan is garbled: ${at} has no category, for there are none.`);
}

function boundsOfAll(sections: readonly PlanSection[], figures: readonly Figure[]): Bounds {
  const bounds = emptyBounds();
  for (const section of sections) {
    if (section.seatCount === 0 && section.outline.length === 0) continue;
    extend(bounds, section.bounds.min);
    extend(bounds, section.bounds.max);
  }
  for (const { outline } of figures) for (const corner of outline) extend(bounds, corner);
  return bounds;
}

function findTwice(keys: readonly string[]): string | undefined {
  return keys.find((key, nth) => keys.indexOf(key) !== nth);
}
