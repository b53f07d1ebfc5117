import { beforeEach, expect, test, vi } from "vitest";
import { Gestures, type GestureTarget } from "./gestures";
import type { Point } from "./geometry";

/** What the gestures need of an element. */
class FakeElement extends EventTarget {
  setPointerCapture = vi.fn();
  getBoundingClientRect = () => ({ left: 100, top: 50 });
}

const NAMES = [
  "tap",
  "doubleTap",
  "zoom",
  "hover",
  "drawStart",
  "drawTo",
  "drawEnd",
  "panEnd",
] as const;

let element: FakeElement;
let target: { [K in keyof GestureTarget]: ReturnType<typeof vi.fn> };
let left: Point;
let time: number;

beforeEach(() => {
  element = new FakeElement();
  left = { x: 0, y: 0 };
  time = 0;
  const calls = Object.fromEntries(NAMES.map((name) => [name, vi.fn()]));
  target = {
    ...calls,
    pansWithOneFinger: vi.fn(() => true),
    draws: vi.fn(() => false),
    pan: vi.fn(() => left),
  } as unknown as typeof target;
  new Gestures(element as unknown as HTMLElement, target as unknown as GestureTarget);
});

function send(type: string, x: number, y: number, more: Record<string, unknown> = {}): void {
  const event = Object.assign(new Event(type, { cancelable: true }), {
    pointerId: 1,
    pointerType: "mouse",
    button: 0,
    shiftKey: false,
    clientX: x + 100,
    clientY: y + 50,
    ...more,
  });
  Object.defineProperty(event, "timeStamp", { value: time });
  element.dispatchEvent(event);
}

const finger = (pointerId = 1) => ({ pointerType: "touch", pointerId });

function tap(x: number, y: number, more = {}): void {
  send("pointerdown", x, y, more);
  time += 60;
  send("pointerup", x, y, more);
}

test("a finger that trembles taps, where it came down", () => {
  send("pointerdown", 20, 20, finger());
  send("pointermove", 27, 24, finger());
  send("pointerup", 27, 24, finger());

  expect(target.tap).toHaveBeenCalledExactlyOnceWith({ x: 20, y: 20 }, "touch");
  expect(target.pan).not.toHaveBeenCalled();
});

test("a mouse that moves as much drags", () => {
  send("pointerdown", 20, 20);
  send("pointermove", 27, 24);
  send("pointermove", 30, 24);
  send("pointerup", 30, 24);

  expect(target.pan.mock.calls).toEqual([[{ x: 7, y: 4 }], [{ x: 3, y: 0 }]]);
  expect(target.tap).not.toHaveBeenCalled();
});

test("a press that lasts is no tap", () => {
  send("pointerdown", 20, 20, finger());
  time += 2000;
  send("pointerup", 20, 20, finger());

  expect(target.tap).not.toHaveBeenCalled();
});

test("two taps at one place are a double tap, two apart are two taps", () => {
  tap(20, 20, finger());
  time += 100;
  tap(24, 24, finger());
  expect(target.doubleTap).toHaveBeenCalledOnce();
  expect(target.tap).toHaveBeenCalledOnce();

  time += 1000;
  tap(20, 20, finger());
  time += 100;
  tap(90, 20, finger());
  expect(target.tap).toHaveBeenCalledTimes(3);
});

test("one finger leaves a map that shows everything to the page", () => {
  target.pansWithOneFinger.mockReturnValue(false);
  send("pointerdown", 20, 20, finger());
  send("pointermove", 20, 60, finger());
  send("pointerup", 20, 60, finger());

  expect(target.pan).not.toHaveBeenCalled();
  expect(target.tap).not.toHaveBeenCalled();
});

test("a finger that starts where the map ends scrolls the page instead", () => {
  const scrollBy = vi.fn();
  vi.stubGlobal("window", { scrollBy });
  left = { x: 0, y: -25 };
  send("pointerdown", 20, 100, finger());
  send("pointermove", 20, 75, finger());
  send("pointermove", 20, 65, finger());
  vi.unstubAllGlobals();

  expect(scrollBy).toHaveBeenCalledExactlyOnceWith(0, 10);
});

test("two fingers zoom about their middle and move with it", () => {
  send("pointerdown", 100, 100, finger(1));
  send("pointerdown", 200, 100, finger(2));
  send("pointermove", 300, 100, finger(2));

  expect(target.zoom).toHaveBeenCalledExactlyOnceWith(2, { x: 200, y: 100 });
  expect(target.pan).toHaveBeenCalledExactlyOnceWith({ x: 50, y: 0 });
});

test("after a pinch the finger that stays moves the map and does not tap", () => {
  send("pointerdown", 100, 100, finger(1));
  send("pointerdown", 200, 100, finger(2));
  send("pointerup", 200, 100, finger(2));
  send("pointermove", 110, 100, finger(1));
  send("pointerup", 110, 100, finger(1));

  expect(target.pan).toHaveBeenLastCalledWith({ x: 10, y: 0 });
  expect(target.tap).not.toHaveBeenCalled();
});

test("where dragging draws, it draws; the middle button still moves the map", () => {
  target.draws.mockReturnValue(true);
  send("pointerdown", 20, 20, { shiftKey: true });
  send("pointermove", 40, 40, { shiftKey: true });
  send("pointerup", 40, 40);
  expect(target.drawStart).toHaveBeenCalledExactlyOnceWith({ x: 20, y: 20 }, true);
  expect(target.drawEnd).toHaveBeenCalledExactlyOnceWith(false);

  send("pointerdown", 20, 20, { button: 1 });
  send("pointermove", 40, 40, { button: -1 });
  send("pointerup", 40, 40, { button: 1 });
  expect(target.pan).toHaveBeenCalledOnce();
  expect(target.drawStart).toHaveBeenCalledOnce();
});

test("a second finger, or the browser, ends a drawing without a result", () => {
  target.draws.mockReturnValue(true);
  for (const end of [
    () => send("pointerdown", 50, 50, finger(2)),
    () => send("pointercancel", 40, 40, finger()),
  ]) {
    send("pointerdown", 20, 20, finger());
    send("pointermove", 40, 40, finger());
    end();
    expect(target.drawEnd).toHaveBeenLastCalledWith(true);
    send("pointercancel", 40, 40, finger(1));
    send("pointercancel", 40, 40, finger(2));
  }
});

test("the right button means nothing", () => {
  tap(20, 20, { button: 2 });

  expect(target.tap).not.toHaveBeenCalled();
});
