import { beforeEach, expect, test } from "vitest";
import { Camera } from "./camera";
import { Flight } from "./flight";

const bounds = { min: { x: -100, y: -50 }, max: { x: 100, y: 50 } };
let camera: Camera;

beforeEach(() => {
  camera = new Camera(bounds);
  camera.resize({ width: 800, height: 600 });
});

test("at first the whole plan is shown, in the middle", () => {
  expect(camera.isFit).toBe(true);
  expect(camera.toScreen({ x: -100, y: 0 }).x).toBeGreaterThanOrEqual(24);
  expect(camera.toScreen({ x: 100, y: 0 }).x).toBeLessThanOrEqual(800 - 24);
  expect(camera.view.centre).toEqual({ x: 0, y: 0 });
});

test("what is under the finger stays there while zooming", () => {
  const at = { x: 350, y: 320 };
  const before = camera.toPlan(at);

  camera.view = camera.zoomed(3, at);

  expect(camera.toPlan(at).x).toBeCloseTo(before.x);
  expect(camera.toPlan(at).y).toBeCloseTo(before.y);
});

test("plan and screen are each other's reverse", () => {
  camera.view = { centre: { x: 12, y: -7 }, scale: 21 };

  const there = camera.toScreen({ x: 20, y: -3 });

  expect(camera.toPlan(there).x).toBeCloseTo(20);
  expect(camera.toPlan(there).y).toBeCloseTo(-3);
});

test("nobody zooms out of sight or into nothing", () => {
  camera.view = camera.zoomed(1e9, { x: 0, y: 0 });
  expect(camera.view.scale).toBe(camera.scaleMax);

  camera.view = camera.zoomed(1e-9, { x: 0, y: 0 });
  expect(camera.view.scale).toBe(camera.scaleMin);
});

test("the plan cannot be pushed off the screen, and what was not moved is told", () => {
  camera.view = { centre: { x: 0, y: 0 }, scale: 20 };

  const left = camera.panBy(100_000, 0);

  expect(left.x).toBeGreaterThan(90_000);
  expect(camera.toScreen(bounds.min).x).toBeLessThanOrEqual(800 / 6 + 1);
});

test("numbers that are none do not get into the view", () => {
  camera.view = { centre: { x: Number.NaN, y: Infinity }, scale: Number.NaN };

  expect(camera.view).toEqual({ centre: { x: 0, y: 0 }, scale: camera.scaleMin });
});

test("a plan that was shown in full still is after the window has changed", () => {
  camera.resize({ width: 390, height: 844 });
  expect(camera.isFit).toBe(true);

  camera.view = { centre: { x: 30, y: 0 }, scale: 20 };
  camera.resize({ width: 800, height: 600 });
  expect(camera.view).toEqual({ centre: { x: 30, y: 0 }, scale: 20 });
});

test("a point-sized plan and a screen without size are no trouble", () => {
  const tiny = new Camera({ min: { x: 3, y: 3 }, max: { x: 3, y: 3 } });
  tiny.resize({ width: 0, height: 0 });

  expect(Number.isFinite(tiny.view.scale)).toBe(true);
  expect(tiny.view.centre).toEqual({ x: 3, y: 3 });
});

test("a flight keeps still what is in the same place before and after", () => {
  const from = camera.view;
  const at = { x: 600, y: 200 };
  const point = camera.toPlan(at);
  const to = camera.zoomed(8, at);
  const flight = new Flight(from, to, 0, 100);

  for (const now of [20, 50, 80]) {
    camera.view = flight.at(now);
    expect(camera.toScreen(point).x).toBeCloseTo(at.x, 3);
    expect(camera.toScreen(point).y).toBeCloseTo(at.y, 3);
  }
  expect(flight.isOver(99)).toBe(false);
  expect(flight.isOver(100)).toBe(true);
  expect(flight.at(100).scale).toBeCloseTo(to.scale);
});
