import { expect, test, vi } from "vitest";
import { handle, KEY_ZOOM, type KeyboardTarget } from "./keyboard";

function press(key: string, hasSeat = true) {
  const target = {
    move: vi.fn(),
    moveToRowEnd: vi.fn(),
    zoomBy: vi.fn(),
    showAll: vi.fn(),
    pickFocused: vi.fn(() => hasSeat),
    leave: vi.fn(),
  } satisfies KeyboardTarget;
  const isOurs = handle(key, target);
  return { target, isOurs };
}

test("keys do what the help says", () => {
  expect(press("ArrowUp").target.move).toHaveBeenCalledWith("up");
  expect(press("End").target.moveToRowEnd).toHaveBeenCalledWith("last");
  expect(press("+").target.zoomBy).toHaveBeenCalledWith(KEY_ZOOM);
  expect(press("-").target.zoomBy).toHaveBeenCalledWith(1 / KEY_ZOOM);
  expect(press("0").target.showAll).toHaveBeenCalled();
  expect(press(" ").target.pickFocused).toHaveBeenCalled();
  expect(press("Escape").target.leave).toHaveBeenCalled();
});

test("other keys, and space without a seat, are the page's", () => {
  expect(press("a").isOurs).toBe(false);
  expect(press("Tab").isOurs).toBe(false);
  expect(press(" ", false).isOurs).toBe(false);
});
