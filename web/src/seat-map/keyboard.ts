import type { Direction } from "./neighbours";

export interface KeyboardTarget {
  move(direction: Direction): void;
  moveToRowEnd(end: "first" | "last"): void;
  zoomBy(factor: number): void;
  showAll(): void;
  /** Answers whether there was a seat to pick. */
  pickFocused(): boolean;
  leave(): void;
}

const DIRECTIONS: Record<string, Direction> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

/** How much a key zooms. */
export const KEY_ZOOM = 1.5;

export function listenToKeys(element: HTMLElement, target: KeyboardTarget): () => void {
  const listener = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (handle(event.key, target)) event.preventDefault();
  };
  element.addEventListener("keydown", listener);
  return () => element.removeEventListener("keydown", listener);
}

/** Answers whether the key means something to the map. */
export function handle(key: string, target: KeyboardTarget): boolean {
  const direction = DIRECTIONS[key];
  if (direction) target.move(direction);
  else if (key === "Home") target.moveToRowEnd("first");
  else if (key === "End") target.moveToRowEnd("last");
  else if (key === "+" || key === "=") target.zoomBy(KEY_ZOOM);
  else if (key === "-" || key === "_") target.zoomBy(1 / KEY_ZOOM);
  else if (key === "0") target.showAll();
  else if (key === "Enter" || key === " ") return target.pickFocused();
  else if (key === "Escape") target.leave();
  else return false;
  return true;
}
