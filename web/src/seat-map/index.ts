export { type Bounds, type Point } from "./geometry";
export { categoryMarkPath } from "./draw/category-marks";
export type { CategoryMark } from "./palette";
export { nameOfSeat } from "./plan";
export type { Figure, Plan, PlanCategory, PlanRow, PlanSeat, PlanSection, SeatFlag } from "./plan";
export { LayoutError } from "./read-fields";
export { readPlan } from "./read-plan";
export { SeatMap, type MapMode, type SeatMapOptions } from "./seat-map";
export type { MarkKind } from "./seat-states";
