import type { CategoryMark } from "../palette";

type Trace = (path: CanvasPath, x: number, y: number, r: number) => void;

const POLYGONS: Partial<Record<CategoryMark, readonly number[]>> = {
  triangle: [0, -1, 0.95, 0.75, -0.95, 0.75],
  square: [-0.75, -0.75, 0.75, -0.75, 0.75, 0.75, -0.75, 0.75],
  diamond: [0, -1.05, 1.05, 0, 0, 1.05, -1.05, 0],
  bar: [-1, -0.38, 1, -0.38, 1, 0.38, -1, 0.38],
  cross: [
    -0.33, -1, 0.33, -1, 0.33, -0.33, 1, -0.33, 1, 0.33, 0.33, 0.33, 0.33, 1, -0.33, 1, -0.33, 0.33,
    -1, 0.33, -1, -0.33, -0.33, -0.33,
  ],
  wedge: [-0.95, -0.8, 0.95, -0.8, 0, 0.95],
  star: [0, -1.1, 0.3, -0.3, 1.1, 0, 0.3, 0.3, 0, 1.1, -0.3, 0.3, -1.1, 0, -0.3, -0.3],
};

/** Adds a category's mark, about as large as a circle of radius `r`, to a path that is filled. */
export const traceCategoryMark: Record<CategoryMark, Trace> = {
  dot: (path, x, y, r) => {
    path.moveTo(x + r * 0.85, y);
    path.arc(x, y, r * 0.85, 0, Math.PI * 2);
  },
  ring: (path, x, y, r) => {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, Math.PI * 2);
    path.moveTo(x + r * 0.5, y);
    path.arc(x, y, r * 0.5, 0, Math.PI * 2, true);
  },
  triangle: polygon("triangle"),
  square: polygon("square"),
  diamond: polygon("diamond"),
  bar: polygon("bar"),
  cross: polygon("cross"),
  wedge: polygon("wedge"),
  star: polygon("star"),
};

function polygon(mark: CategoryMark): Trace {
  const corners = POLYGONS[mark] ?? [];
  return (path, x, y, r) => {
    for (let nth = 0; nth < corners.length; nth += 2) {
      const [cx, cy] = [x + (corners[nth] ?? 0) * r, y + (corners[nth + 1] ?? 0) * r];
      if (nth === 0) path.moveTo(cx, cy);
      else path.lineTo(cx, cy);
    }
  };
}

/** The same mark for legends: the `d` of an SVG path in a box from -1.2 to 1.2. */
export function categoryMarkPath(mark: CategoryMark): string {
  const corners = POLYGONS[mark];
  if (corners) {
    const points: string[] = [];
    for (let nth = 0; nth < corners.length; nth += 2) {
      points.push(`${corners[nth]} ${corners[nth + 1]}`);
    }
    return `M${points.join("L")}Z`;
  }
  const circle = (r: number, sweep: 0 | 1) =>
    `M${-r} 0a${r} ${r} 0 1 ${sweep} ${2 * r} 0a${r} ${r} 0 1 ${sweep} ${-2 * r} 0Z`;
  return mark === "ring" ? circle(1, 1) + circle(0.5, 0) : circle(0.85, 1);
}
