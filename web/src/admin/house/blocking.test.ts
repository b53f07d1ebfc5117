import { describe, expect, it, vi } from "vitest";
import { ProblemError, type Problem } from "../../api";
import { blockSeats } from "./blocking";

function taken(...seats: string[]) {
  const conflicts = seats.map((seat) => ({ seat, reason: "held" }));
  return new ProblemError("seats_unavailable", { conflicts } as unknown as Problem);
}

describe("blocking", () => {
  it("leaves out and names the seats that were taken in the meantime", async () => {
    const send = vi.fn();
    send.mockRejectedValueOnce(taken("B")).mockRejectedValueOnce(taken("C"));
    const outcome = await blockSeats(["A", "B", "C", "D"], send);
    expect(send.mock.calls.map(([seats]) => seats)).toEqual([
      ["A", "B", "C", "D"],
      ["A", "C", "D"],
      ["A", "D"],
    ]);
    expect(outcome).toEqual({
      blockedCount: 2,
      conflicts: [
        { seat: "B", reason: "held" },
        { seat: "C", reason: "held" },
      ],
    });
  });

  it("sends nothing when every seat was taken", async () => {
    const send = vi.fn().mockRejectedValueOnce(taken("A"));
    expect(await blockSeats(["A"], send)).toMatchObject({ blockedCount: 0 });
    expect(send).toHaveBeenCalledTimes(1);
  });

  it("says what else went wrong, and what was done before", async () => {
    const seats = Array.from({ length: 501 }, (_, nth) => `A-${nth}`);
    const send = vi.fn().mockResolvedValueOnce(undefined).mockRejectedValue(new Error("gone"));
    expect(await blockSeats(seats, send)).toEqual({
      blockedCount: 500,
      conflicts: [],
      failure: new Error("gone"),
    });
  });

  it("gives up when seats go faster than it asks", async () => {
    const send = vi.fn(([first = ""]: string[]) => Promise.reject(taken(first)));
    const outcome = await blockSeats(["A", "B", "C", "D", "E", "F", "G"], send);
    expect(outcome).toMatchObject({ blockedCount: 0, failure: { code: "seats_unavailable" } });
    expect(send).toHaveBeenCalledTimes(5);
  });
});
