import { contains, isInside, reach, roomAt, type Point } from "../geometry";
import type { PlanSection } from "../plan";
import { css } from "../theme";
import { freeInWords } from "../words";
import { setFont, toPixels, type Frame } from "./frame";
import { inkFor, visibleSections } from "./sections";

const SIZE_MAX = 15;
const SIZE_MIN = 9;
/** A section as large as a square of so many lines has room for its name. */
const LINES_IN_SECTION = 3.2;
const COUNT_SHARE = 0.76;
const COUNT_MIN = 8.5;
const LINE_HEIGHT = 1.15;

/** Names on the shapes from afar, behind the seats when near. */
export function drawSectionNames(frame: Frame): void {
  const { detail, context } = frame;
  const size = ordinarySize(frame);
  for (const section of visibleSections(frame)) {
    const isArea = section.kind === "general_admission" && !detail.hasPlaces;
    const share = isArea ? 1 : 1 - detail.seats;
    if (share > 0) {
      context.globalAlpha = share;
      drawInside(frame, section, size);
    }
    if (!isArea && detail.namesBehind > 0) {
      context.globalAlpha = detail.namesBehind;
      drawBehind(frame, section);
    }
    context.globalAlpha = 1;
  }
}

/** One size for all names of a plan looks calmer than the largest that each has room for. */
function ordinarySize({ places, zoom, density }: Frame): number {
  const side = (places.sectionSide * zoom) / density;
  return Math.min(SIZE_MAX, Math.max(SIZE_MIN, side / LINES_IN_SECTION));
}

function drawInside(frame: Frame, section: PlanSection, wanted: number): void {
  const { context, density } = frame;
  const count = freeInWords(frame.states.freeIn(section));
  const fit = findFit(frame, section, wanted, [section.name, count]);
  if (!fit) return;
  const at = toPixels(frame, section.nameAt);
  context.save();
  context.translate(at.x, at.y);
  context.rotate(fit.angle);
  context.fillStyle = css(inkFor(frame, section));
  const step = fit.size * LINE_HEIGHT * density;
  setFont(frame, fit.size, 650);
  const hasCount = fit.lines === 2 && count !== "";
  context.fillText(section.name, 0, hasCount ? -step * 0.42 : 0);
  if (hasCount) {
    setFont(frame, countSize(fit.size));
    context.fillText(count, 0, step * 0.55);
  }
  context.restore();
}

interface Fit {
  size: number;
  angle: number;
  lines: number;
}

/** With the count if there is room; level if possible, else along the rows; else across them. */
function findFit(
  frame: Frame,
  section: PlanSection,
  wanted: number,
  [name, count]: [string, string],
): Fit | undefined {
  const along = uprightAngle(section.rotation);
  const usual = along === 0 ? [0] : [0, along];
  const across = [uprightAngle(section.rotation + 90)];
  const smaller = Math.max(SIZE_MIN, wanted * 0.85);
  for (const [size, lines, angles] of [
    [wanted, 2, usual],
    [wanted, 1, usual],
    [smaller, 1, usual],
    [SIZE_MIN, 1, usual],
    [wanted, 1, across],
    [SIZE_MIN, 1, across],
  ] as const) {
    const width = Math.max(
      widthOf(frame, name, size, 650),
      lines === 2 ? widthOf(frame, count, countSize(size), 400) : 0,
    );
    for (const angle of angles) {
      if (hasRoom(frame, section, angle, width, size * lines)) return { size, angle, lines };
    }
  }
  return undefined;
}

function hasRoom(
  { density, zoom }: Frame,
  { outline, nameAt }: PlanSection,
  angle: number,
  width: number,
  height: number,
): boolean {
  const halfHeight = (height * LINE_HEIGHT * density) / 2 / zoom;
  return roomAt(outline, nameAt, angle, halfHeight) * zoom >= width + 4 * density;
}

function widthOf(frame: Frame, text: string, size: number, weight: number): number {
  setFont(frame, size, weight);
  return frame.context.measureText(text).width;
}

function countSize(size: number): number {
  return Math.max(COUNT_MIN, size * COUNT_SHARE);
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
    const gap = section.kind === "general_admission" ? 0.25 : 0;
    const beyond = away + gap + (half.across + 5 * density) / zoom;
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
  return frame.places.standing.some(({ outline, bounds }) =>
    corners.some((corner) => contains(bounds, corner) && isInside(outline, corner)),
  );
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
