/** Small pictures on seats; each is about as large as a circle of radius `r`. */

/** A person in a wheelchair, as strokes. */
export function traceWheelchair(path: CanvasPath, x: number, y: number, r: number): void {
  path.moveTo(x - 0.12 * r, y - 0.78 * r);
  path.arc(x - 0.3 * r, y - 0.78 * r, 0.18 * r, 0, Math.PI * 2);
  path.moveTo(x - 0.28 * r, y - 0.42 * r);
  path.lineTo(x - 0.2 * r, y + 0.15 * r);
  path.lineTo(x + 0.38 * r, y + 0.15 * r);
  path.lineTo(x + 0.65 * r, y + 0.8 * r);
  path.moveTo(x - 0.25 * r, y - 0.15 * r);
  path.lineTo(x + 0.25 * r, y - 0.15 * r);
  path.moveTo(x - 0.5 * r, y - 0.05 * r);
  path.arc(x - 0.12 * r, y + 0.42 * r, 0.58 * r, Math.PI * 1.28, Math.PI * 0.12, true);
}

/** Somebody beside: head and shoulders, as strokes. */
export function tracePerson(path: CanvasPath, x: number, y: number, r: number): void {
  path.moveTo(x + 0.3 * r, y - 0.45 * r);
  path.arc(x, y - 0.45 * r, 0.3 * r, 0, Math.PI * 2);
  path.moveTo(x - 0.6 * r, y + 0.75 * r);
  path.arc(x, y + 0.75 * r, 0.6 * r, Math.PI, 0);
}

/** An eye struck through, as strokes. */
export function traceHiddenEye(path: CanvasPath, x: number, y: number, r: number): void {
  path.moveTo(x - 0.85 * r, y);
  path.quadraticCurveTo(x, y - 0.95 * r, x + 0.85 * r, y);
  path.quadraticCurveTo(x, y + 0.95 * r, x - 0.85 * r, y);
  path.moveTo(x - 0.7 * r, y + 0.75 * r);
  path.lineTo(x + 0.7 * r, y - 0.75 * r);
}

export function traceCheck(path: CanvasPath, x: number, y: number, r: number): void {
  path.moveTo(x - 0.6 * r, y + 0.05 * r);
  path.lineTo(x - 0.15 * r, y + 0.5 * r);
  path.lineTo(x + 0.65 * r, y - 0.45 * r);
}

export function traceCross(path: CanvasPath, x: number, y: number, r: number): void {
  path.moveTo(x - 0.5 * r, y - 0.5 * r);
  path.lineTo(x + 0.5 * r, y + 0.5 * r);
  path.moveTo(x + 0.5 * r, y - 0.5 * r);
  path.lineTo(x - 0.5 * r, y + 0.5 * r);
}

export function tracePlus(path: CanvasPath, x: number, y: number, r: number): void {
  traceMinus(path, x, y, r);
  path.moveTo(x, y - 0.6 * r);
  path.lineTo(x, y + 0.6 * r);
}

export function traceMinus(path: CanvasPath, x: number, y: number, r: number): void {
  path.moveTo(x - 0.6 * r, y);
  path.lineTo(x + 0.6 * r, y);
}

/** An arrow to both sides. */
export function traceMove(path: CanvasPath, x: number, y: number, r: number): void {
  traceMinus(path, x, y, r);
  for (const side of [-1, 1]) {
    path.moveTo(x + side * 0.3 * r, y - 0.35 * r);
    path.lineTo(x + side * 0.65 * r, y);
    path.lineTo(x + side * 0.3 * r, y + 0.35 * r);
  }
}
