/** Plane geometry of the plan. Lengths are metres, x to the right, y downwards. */
export interface Point {
  x: number;
  y: number;
}

export interface Bounds {
  min: Point;
  max: Point;
}

export function boundsOf(points: Iterable<Point>): Bounds {
  const bounds = emptyBounds();
  for (const point of points) extend(bounds, point);
  return bounds;
}

/** Holds nothing: every extension replaces it. */
export function emptyBounds(): Bounds {
  return { min: { x: Infinity, y: Infinity }, max: { x: -Infinity, y: -Infinity } };
}

export function extend(bounds: Bounds, { x, y }: Point): void {
  if (x < bounds.min.x) bounds.min.x = x;
  if (y < bounds.min.y) bounds.min.y = y;
  if (x > bounds.max.x) bounds.max.x = x;
  if (y > bounds.max.y) bounds.max.y = y;
}

export function inflate({ min, max }: Bounds, by: number): Bounds {
  return { min: { x: min.x - by, y: min.y - by }, max: { x: max.x + by, y: max.y + by } };
}

export function union(a: Bounds, b: Bounds): Bounds {
  return boundsOf([a.min, a.max, b.min, b.max]);
}

export function overlaps(a: Bounds, b: Bounds): boolean {
  return a.min.x <= b.max.x && a.max.x >= b.min.x && a.min.y <= b.max.y && a.max.y >= b.min.y;
}

export function contains({ min, max }: Bounds, { x, y }: Point): boolean {
  return x >= min.x && x <= max.x && y >= min.y && y <= max.y;
}

export function middleOf({ min, max }: Bounds): Point {
  return { x: (min.x + max.x) / 2, y: (min.y + max.y) / 2 };
}

export function sizeOf({ min, max }: Bounds): { width: number; height: number } {
  return { width: max.x - min.x, height: max.y - min.y };
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** By the even-odd rule; the outline is closed by itself. */
export function isInside(outline: readonly Point[], { x, y }: Point): boolean {
  let inside = false;
  let last = outline.at(-1);
  for (const corner of outline) {
    if (last && corner.y > y !== last.y > y) {
      const crossing = corner.x + ((y - corner.y) * (last.x - corner.x)) / (last.y - corner.y);
      if (x < crossing) inside = !inside;
    }
    last = corner;
  }
  return inside;
}

/** How far it is from a point inside an outline to its edge, in a direction given in radians. */
export function reach(outline: readonly Point[], from: Point, direction: number): number {
  const dx = Math.cos(direction);
  const dy = Math.sin(direction);
  let nearest = Infinity;
  let a = outline.at(-1);
  for (const b of outline) {
    if (a) {
      const ex = b.x - a.x;
      const ey = b.y - a.y;
      const cross = dx * ey - dy * ex;
      if (Math.abs(cross) > 1e-12) {
        const along = ((a.x - from.x) * ey - (a.y - from.y) * ex) / cross;
        const onEdge = ((a.x - from.x) * dy - (a.y - from.y) * dx) / cross;
        if (along >= 0 && onEdge >= 0 && onEdge <= 1 && along < nearest) nearest = along;
      }
    }
    a = b;
  }
  return nearest;
}

/** The size of a text box, turned by `angle`, that has room about a point of an outline. */
export function roomAt(
  outline: readonly Point[],
  at: Point,
  angle: number,
  halfHeight: number,
): number {
  const up = { x: Math.sin(angle) * halfHeight, y: -Math.cos(angle) * halfHeight };
  let room = Infinity;
  for (const side of [-1, 0, 1]) {
    const from = { x: at.x + up.x * side, y: at.y + up.y * side };
    if (!isInside(outline, from)) return 0;
    room = Math.min(room, reach(outline, from, angle), reach(outline, from, angle + Math.PI));
  }
  return room * 2;
}

/** A point well inside an outline: of a grid's points, the one farthest from the edge. */
export function innerPoint(outline: readonly Point[]): Point {
  const bounds = boundsOf(outline);
  const { width, height } = sizeOf(bounds);
  let best = middleOf(bounds);
  let bestReach = -1;
  for (let column = 1; column < 16; column++) {
    for (let row = 1; row < 16; row++) {
      const point = {
        x: bounds.min.x + (width * column) / 16,
        y: bounds.min.y + (height * row) / 16,
      };
      if (!isInside(outline, point)) continue;
      let nearest = Infinity;
      for (let turn = 0; turn < 8; turn++) {
        nearest = Math.min(nearest, reach(outline, point, (turn * Math.PI) / 4));
      }
      if (nearest > bestReach) {
        best = point;
        bestReach = nearest;
      }
    }
  }
  return best;
}
