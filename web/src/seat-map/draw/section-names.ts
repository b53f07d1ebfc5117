import { isInside, reach, roomAt, type Point } from "../geometry";
import type { PlanSection } from "../plan";
import { css } from "../theme";
import { setFont, toPixels, type Frame } from "./frame";
import { inkFor, visibleSections } from "./sections";

const SIZES = [15, 13, 11, 9.5];
const COUNT_SHARE = 0.8;
const LINE_HEIGHT = 1.15;

/** Names on the shapes from afar, behind the seats when near. */
export function drawSectionNames(frame: Frame): void {
  const { detail, context } = frame;
  for (const section of visibleSections(frame)) {
    const isArea = section.kind === "general_admission" && !detail.hasPlaces;
    const share = isArea ? 1 : 1 - detail.seats;
    if (share > 0) {
      context.globalAlpha = share;
      drawInside(frame, section);
    }
    if (!isArea && detail.seats > 0) {
      context.globalAlpha = detail.seats;
      drawBehind(frame, section);
    }
    context.globalAlpha = 1;
  }
}

function drawInside(frame: Frame, section: PlanSection): void {
  const { context, density } = frame;
  const free = frame.states.freeIn(section);
  const count = free === 0 ? "sold out" : `${free.toLocaleString()} free`;
  const fit =
    findFit(frame, section, [section.name, count]) ?? findFit(frame, section, [section.name]);
  if (!fit) return;
  const at = toPixels(frame, section.nameAt);
  context.save();
  context.translate(at.x, at.y);
  context.rotate(fit.angle);
  context.fillStyle = css(inkFor(frame, section));
  const step = fit.size * LINE_HEIGHT * density;
  setFont(frame, fit.size, 650);
  context.fillText(section.name, 0, fit.lines === 2 ? -step * 0.45 : 0);
  if (fit.lines === 2) {
    setFont(frame, fit.size * COUNT_SHARE);
    context.fillText(count, 0, step * 0.55);
  }
  context.restore();
}

interface Fit {
  size: number;
  angle: number;
  lines: number;
}

/** The largest text that has room, level if it can be, else along the rows. */
function findFit(frame: Frame, section: PlanSection, lines: string[]): Fit | undefined {
  const { context, density, zoom } = frame;
  const along = uprightAngle(section.rotation);
  const smallest = lines.length > 1 ? SIZES.slice(0, 3) : SIZES;
  for (const size of smallest) {
    setFont(frame, size, 650);
    const widths = lines.map((line, nth) => {
      return context.measureText(line).width * (nth === 0 ? 1 : COUNT_SHARE);
    });
    const width = Math.max(...widths) + 6 * density;
    const halfHeight = (size * LINE_HEIGHT * lines.length * density) / 2 / zoom;
    for (const angle of along === 0 ? [0] : [0, along]) {
      if (roomAt(section.outline, section.nameAt, angle, halfHeight) * zoom >= width) {
        return { size, angle, lines: lines.length };
      }
    }
  }
  return undefined;
}

/** Beyond the last row, unless something else stands there. */
function drawBehind(frame: Frame, section: PlanSection): void {
  const { context, density, zoom, theme } = frame;
  const size = Math.min(15, Math.max(11, (zoom / density) * 0.42));
  setFont(frame, size, 650);
  const half = { along: context.measureText(section.name).width / 2, across: size * density * 0.5 };
  const turn = (section.rotation * Math.PI) / 180;
  const back = turn + Math.PI / 2;
  for (const direction of [back, back + Math.PI]) {
    const away = reach(section.outline, section.nameAt, direction);
    if (!Number.isFinite(away)) continue;
    const beyond = away + (half.across + 5 * density) / zoom;
    const at = moved(section.nameAt, direction, beyond);
    if (isTaken(frame, at, turn, half.along / zoom, half.across / zoom)) continue;
    const { x, y } = toPixels(frame, at);
    context.save();
    context.translate(x, y);
    context.rotate(uprightAngle(section.rotation));
    context.fillStyle = css(theme.inkSoft);
    context.fillText(section.name, 0, 0);
    context.restore();
    return;
  }
}

function isTaken(frame: Frame, at: Point, turn: number, along: number, across: number): boolean {
  const corners: Point[] = [];
  for (const step of [-1, -0.5, 0, 0.5, 1]) {
    const middle = moved(at, turn, along * step);
    for (const side of [-1, 1]) corners.push(moved(middle, turn + Math.PI / 2, across * side));
  }
  const stands = [...frame.plan.sections, ...frame.plan.figures.filter(isSolid)];
  return stands.some(({ outline }) => corners.some((corner) => isInside(outline, corner)));
}

function isSolid({ kind }: { kind: string }): boolean {
  return kind !== "wall" && kind !== "floor";
}

function moved(from: Point, direction: number, by: number): Point {
  return { x: from.x + Math.cos(direction) * by, y: from.y + Math.sin(direction) * by };
}

/** Never upside down. */
export function uprightAngle(degrees: number): number {
  const turned = ((degrees % 360) + 360) % 360;
  const upright = turned > 90 && turned <= 270 ? turned - 180 : turned;
  return ((upright > 180 ? upright - 360 : upright) * Math.PI) / 180;
}
