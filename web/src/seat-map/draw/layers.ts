import { css } from "../theme";
import { drawFigures } from "./figures";
import type { Frame } from "./frame";
import { drawMarks } from "./marks";
import { drawRowLabels } from "./row-labels";
import { drawFaces } from "./seat-faces";
import { drawSeats, gatherBatches } from "./seats";
import { drawSectionNames } from "./section-names";
import { drawSections } from "./sections";

/** Everything that stands still on the plan, from the ground up. */
export function drawPlan(frame: Frame): void {
  drawGround(frame);
  if (frame.detail.seats > 0) {
    const batches = gatherBatches(frame);
    drawSeats(frame, batches);
    drawFaces(frame, batches);
    drawRowLabels(frame);
  }
  drawFigures(frame, true);
  drawSectionNames(frame);
  drawMarks(frame);
}

/** The part of it that is cheap enough for every frame, seats not included. */
export function drawGround(frame: Frame): void {
  const { context, theme } = frame;
  context.fillStyle = css(theme.ground);
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  drawFigures(frame, false);
  drawSections(frame);
}
