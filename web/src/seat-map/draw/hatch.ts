const patterns = new Map<string, CanvasPattern>();
/** More than the colours of a few themes: nothing piles up. */
const PATTERNS_MAX = 24;

/** Thin diagonal lines. */
export function hatch(
  context: CanvasRenderingContext2D,
  colour: string,
  density: number,
): CanvasPattern | string {
  const key = `${colour} ${density}`;
  const known = patterns.get(key);
  if (known) return known;
  const side = Math.round(7 * density);
  const tile = document.createElement("canvas");
  tile.width = tile.height = side;
  const line = tile.getContext("2d");
  if (!line) return colour;
  line.strokeStyle = colour;
  line.lineWidth = Math.max(1, density);
  line.beginPath();
  for (const shift of [-side, 0, side]) {
    line.moveTo(shift, side);
    line.lineTo(shift + side, 0);
  }
  line.stroke();
  const pattern = context.createPattern(tile, "repeat");
  if (!pattern) return colour;
  if (patterns.size >= PATTERNS_MAX) patterns.clear();
  patterns.set(key, pattern);
  return pattern;
}
