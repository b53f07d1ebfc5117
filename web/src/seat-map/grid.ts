import { distance, type Bounds, type Point } from "./geometry";

/** Seats in square cells, to find the few near a point without looking at all of them. */
export class Grid<T extends Point> {
  readonly #cells = new Map<number, T[]>();
  readonly #cellSize: number;

  constructor(items: Iterable<T>, cellSize: number) {
    this.#cellSize = cellSize;
    for (const item of items) {
      const key = this.#keyAt(this.#cell(item.x), this.#cell(item.y));
      const cell = this.#cells.get(key);
      if (cell) cell.push(item);
      else this.#cells.set(key, [item]);
    }
  }

  /** The nearest item that is no farther away than `tolerance` and is wanted. */
  nearest(
    at: Point,
    tolerance: number,
    isWanted: (item: T) => boolean = () => true,
  ): T | undefined {
    let best: T | undefined;
    let bestDistance = tolerance;
    const reach = { x: tolerance, y: tolerance };
    const bounds = {
      min: { x: at.x - reach.x, y: at.y - reach.y },
      max: { x: at.x + reach.x, y: at.y + reach.y },
    };
    this.each(bounds, (item) => {
      const away = distance(item, at);
      if (away <= bestDistance && isWanted(item)) {
        best = item;
        bestDistance = away;
      }
    });
    return best;
  }

  /** Visits every item within bounds. */
  each({ min, max }: Bounds, visit: (item: T) => void): void {
    const isInside = ({ x, y }: T) => x >= min.x && x <= max.x && y >= min.y && y <= max.y;
    const columns = this.#cell(max.x) - this.#cell(min.x) + 1;
    const rows = this.#cell(max.y) - this.#cell(min.y) + 1;
    if (!(columns * rows <= this.#cells.size * 2)) {
      for (const cell of this.#cells.values()) visitAll(cell, isInside, visit);
      return;
    }
    for (let row = this.#cell(min.y); row <= this.#cell(max.y); row++) {
      for (let column = this.#cell(min.x); column <= this.#cell(max.x); column++) {
        visitAll(this.#cells.get(this.#keyAt(column, row)), isInside, visit);
      }
    }
  }

  within(bounds: Bounds): T[] {
    const found: T[] = [];
    this.each(bounds, (item) => found.push(item));
    return found;
  }

  #cell(place: number): number {
    return Math.floor(place / this.#cellSize);
  }

  #keyAt(column: number, row: number): number {
    return (column + 0x200000) * 0x400000 + (row + 0x200000);
  }
}

function visitAll<T>(
  cell: readonly T[] | undefined,
  isInside: (item: T) => boolean,
  visit: (item: T) => void,
): void {
  for (const item of cell ?? []) if (isInside(item)) visit(item);
}
