import type { Terms } from "./entry";
import { quantityMax } from "./wish";
import type { SoldEvent } from "../event/sale-state";

/** What cannot be had now: any seat, or more than `longest` next to each other. */
export type Lack = { kind: "all" } | { kind: "together"; longest: number };

/** Whether somebody may want to wait: nobody is sent to a waitlist that takes nobody. */
export function isInviting(
  lack: Lack | undefined,
  terms: Terms | undefined,
  event: SoldEvent,
): lack is Lack {
  if (!lack || !terms?.is_open) return false;
  return lack.kind === "all" || lack.longest < quantityMax(terms, event);
}
