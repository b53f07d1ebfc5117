import { LayoutError, readPlan, type Plan } from "../../seat-map";
import { Said } from "../session/sentence";

export type Reading = { plan: Plan; mistake?: undefined } | { plan?: undefined; mistake: string };

/** Reads a layout; one that is garbled is said to be so. */
export function readLayout(layout: unknown): Reading {
  try {
    return { plan: readPlan(layout) };
  } catch (cause) {
    if (!(cause instanceof LayoutError)) throw cause;
    return { mistake: `The plan cannot be drawn. ${cause.message}` };
  }
}

/** The same for a page that is nothing without its plan. */
export function planOf(layout: unknown): Plan {
  const { plan, mistake } = readLayout(layout);
  if (!plan) throw new Said(mistake);
  return plan;
}
