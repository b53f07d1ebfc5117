import type { Bounds, Point } from "./geometry";
import type { CategoryMark } from "./palette";

export type SeatFlag = "accessible" | "companion" | "restricted_view";
export type SectionKind = "reserved" | "general_admission";
export type FigureKind =
  "stage" | "pitch" | "floor" | "bar" | "desk" | "wall" | "other" | "table" | "box";

/** A layout, read and checked once; everything by seat index. */
export interface Plan {
  name: string;
  seatCount: number;
  /** ISO 4217; absent in a venue's layout, which has no prices. */
  currency: string | undefined;
  seats: PlanSeat[];
  sections: PlanSection[];
  categories: PlanCategory[];
  byLabel: Map<string, PlanSeat>;
  focalPoint: Point;
  bounds: Bounds;
  figures: Figure[];
}

export interface PlanSection {
  /** Place in the plan's list. */
  nth: number;
  key: string;
  name: string;
  kind: SectionKind;
  rows: PlanRow[];
  outline: Point[];
  bounds: Bounds;
  nameAt: Point;
  /** Degrees, clockwise; 0 looks up. */
  rotation: number;
  tables: Figure[];
  seatCount: number;
  /** The category that most of its seats have. */
  category: PlanCategory;
  /** The side of a seat as drawn, in metres. */
  seatSize: number;
}

export interface PlanRow {
  label: string;
  seats: PlanSeat[];
}

export interface PlanSeat {
  index: number;
  label: string;
  number: string;
  row: string;
  section: PlanSection;
  category: PlanCategory;
  x: number;
  y: number;
  flags: SeatFlag[];
  /** An aisle follows: the next seat of the row is no neighbour. */
  gapAfter: boolean;
  positionInRow: number;
  /** The seats of its row, itself included. */
  rowSeats: PlanSeat[];
}

export interface PlanCategory {
  /** Place in the plan's list. */
  nth: number;
  key: string;
  name: string;
  /** `#rrggbb`, the same on light and on dark ground. */
  colour: string;
  mark: CategoryMark;
  /** An amount such as `90.00`, in the plan's currency. */
  price?: string;
}

export interface Figure {
  kind: FigureKind;
  name: string;
  nameAt: Point;
  outline: Point[];
}

/** For people: "Stalls, row A, seat 12". */
export function nameOfSeat(seat: PlanSeat): string {
  const { row, number } = placeOfSeat(seat);
  return [seat.section.name, row, number].filter((part) => part !== "").join(", ");
}

/** A seat's place in its section, in words: "row A" and "seat 12". */
export function placeOfSeat({ section, row, number }: PlanSeat): { row: string; number: string } {
  if (section.kind === "general_admission") return { row: "", number: `place ${number}` };
  return { row: nameOfRow(section, row), number: `seat ${number}` };
}

export function nameOfRow(section: PlanSection, label: string): string {
  if (section.kind === "general_admission" || label === "") return "";
  if (section.tables.length === 0) return `row ${label}`;
  const table = section.tables.find(({ name }) => name === label);
  return `${table?.kind === "box" ? "box" : "table"} ${label}`;
}
