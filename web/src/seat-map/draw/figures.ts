import { inkOn, mix, type Rgb } from "../colour";
import { boundsOf, contains, overlaps, roomAt, sizeOf } from "../geometry";
import type { Figure } from "../plan";
import { css, type Theme } from "../theme";
import { setFont, toPixels, traceOutline, type Frame } from "./frame";

const NAME_PIXELS_MAX = 22;
const NAME_PIXELS_MIN = 10;

/** What lies under the sections. Walls come after them. */
export function drawFigures(frame: Frame, isWall: boolean): void {
  for (const figure of frame.plan.figures) {
    if (!overlaps(boundsOf(figure.outline), frame.region)) continue;
    if (figure.kind === "wall" && !isWall) fillRoom(frame, figure);
    if ((figure.kind === "wall") !== isWall) continue;
    if (figure.kind === "pitch") drawPitch(frame, figure);
    else drawFigure(frame, figure);
    drawName(frame, figure);
  }
}

/** What is within walls is a little darker than the world outside. */
function fillRoom(frame: Frame, { outline }: Figure): void {
  traceOutline(frame, outline);
  frame.context.fillStyle = css(mix(frame.theme.ink, frame.theme.ground, 0.025));
  frame.context.fill();
}

export function drawFigure(frame: Frame, figure: Figure): void {
  const { context, theme, density } = frame;
  const { fill, edge } = looksOf(figure, theme);
  traceOutline(frame, figure.outline);
  if (fill) {
    context.fillStyle = css(fill);
    context.fill();
  }
  if (edge) {
    context.strokeStyle = css(edge);
    context.lineWidth = density;
    context.lineJoin = "round";
    context.stroke();
  }
}

function looksOf({ kind }: Figure, theme: Theme): { fill?: Rgb; edge?: Rgb } {
  const soft = (share: number) => mix(theme.ink, theme.ground, share);
  switch (kind) {
    case "stage":
      return { fill: theme.stage };
    case "pitch":
      return { fill: theme.pitch };
    case "floor":
      return { fill: soft(0.035), edge: soft(0.09) };
    case "wall":
      return { edge: theme.lineFirm };
    case "table":
      return { fill: mix(theme.ground, theme.section, 0.7), edge: soft(0.25) };
    case "box":
      return { fill: mix(theme.ground, theme.section, 0.6), edge: soft(0.22) };
    default:
      return { fill: soft(0.16), edge: soft(0.24) };
  }
}

/** The grass with the mower's stripes; what is marked on it is lines. */
function drawPitch(frame: Frame, figure: Figure): void {
  const { context, theme, density, plan } = frame;
  const bounds = boundsOf(figure.outline);
  const isMarking = plan.figures.some((other) => {
    if (other === figure || other.kind !== "pitch") return false;
    const around = boundsOf(other.outline);
    return contains(around, bounds.min) && contains(around, bounds.max);
  });
  traceOutline(frame, figure.outline);
  if (!isMarking) {
    context.fillStyle = css(theme.pitch);
    context.fill();
    drawStripes(frame, figure);
    traceOutline(frame, figure.outline);
  }
  context.strokeStyle = css(mix([255, 255, 255], theme.pitch, 0.75));
  context.lineWidth = Math.max(density, frame.zoom * 0.15);
  context.stroke();
}

function drawStripes(frame: Frame, { outline }: Figure): void {
  const { context, theme } = frame;
  const { min, max } = boundsOf(outline);
  const width = (max.x - min.x) / 20;
  context.save();
  context.clip();
  context.fillStyle = css(mix(theme.ink, theme.pitch, 0.045));
  for (let x = min.x; x < max.x; x += width * 2) {
    const from = toPixels(frame, { x, y: min.y });
    const to = toPixels(frame, { x: x + width, y: max.y });
    context.fillRect(from.x, from.y, to.x - from.x, to.y - from.y);
  }
  context.restore();
}

function drawName(frame: Frame, figure: Figure): void {
  if (figure.name === "" || !frame.detail.hasNames) return;
  const { context, theme, density, zoom } = frame;
  const { width, height } = sizeOf(boundsOf(figure.outline));
  const isTall = height > width * 1.6;
  const most = figure.kind === "stage" ? NAME_PIXELS_MAX : NAME_PIXELS_MAX * 0.6;
  const size = Math.min(most, ((isTall ? width : height) * zoom) / density / 2.2);
  if (size < NAME_PIXELS_MIN) return;
  setFont(frame, size, 600);
  const angle = isTall ? -Math.PI / 2 : 0;
  const room = roomAt(figure.outline, figure.nameAt, angle, (size * density) / zoom / 2) * zoom;
  if (context.measureText(figure.name).width > room * 0.95) return;
  const { fill } = looksOf(figure, theme);
  const at = toPixels(frame, figure.nameAt);
  context.save();
  context.translate(at.x, at.y);
  context.rotate(angle);
  context.fillStyle = css(inkOn(fill ?? theme.ground), 0.75);
  context.fillText(figure.name, 0, 0);
  context.restore();
}
