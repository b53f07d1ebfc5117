import type { Hold, HoldRecord, HoldView, Phase, SeatLabel, Trouble } from "./model";
import { phaseOf, seatsWanted, type Situation } from "./steps";

/** How near its deadline a hold counts as expired: by the page's clock it is over a little early. */
export const EXPIRY_SLACK_MS = 2_000;

/** What a page knows of its hold, and how that changes; no requests, no timers. */
export class HoldState implements Situation {
  hold: Hold | undefined;
  deadline: number | undefined;
  adding = new Set<SeatLabel>();
  removing = new Set<SeatLabel>();
  isUncertain: boolean;
  wantsExtension = false;
  isAtCap = false;
  ending: "expired" | "lost" | undefined;
  former: SeatLabel[] = [];
  trouble: Trouble | undefined;
  mistakes: Record<string, string> = {};

  constructor(public record: HoldRecord) {
    this.isUncertain = record.hold !== undefined;
  }

  get phase(): Phase {
    return phaseOf(this);
  }

  get seats(): SeatLabel[] {
    return seatsWanted(this);
  }

  get view(): HoldView {
    return {
      phase: this.phase,
      seats: this.seats,
      adding: new Set([...this.adding, ...(this.record.placing?.seats ?? [])]),
      removing: new Set(this.removing),
      hold: this.hold,
      deadline: this.deadline,
      isAtCap: this.isAtCap,
      isExtending: this.wantsExtension,
      former: this.former,
      trouble: this.trouble,
      mistakes: this.mistakes,
      bookingId: this.record.bookingId,
    };
  }

  /** Whether the time is up by this page's clock. */
  isDue(now: number): boolean {
    return this.deadline !== undefined && now >= this.deadline;
  }

  want(seats: SeatLabel[]): void {
    for (const seat of seats) {
      this.removing.delete(seat);
      if (!this.#isSent(seat)) this.adding.add(seat);
    }
    this.ending = undefined;
    this.former = [];
  }

  /** A seat may be on its way into the hold, unseen by the record: it is let go when it is there. */
  drop(seats: SeatLabel[]): void {
    const mayBeHeld = this.record.hold !== undefined || this.record.placing !== undefined;
    for (const seat of seats) {
      this.adding.delete(seat);
      if (mayBeHeld) this.removing.add(seat);
    }
  }

  /** A placement is about to be sent. */
  placing(key: string, seats: SeatLabel[]): HoldRecord {
    for (const seat of seats) this.adding.delete(seat);
    return { placing: { key, seats } };
  }

  /** The service's word for what is held; asked when, by this page's clock. */
  adopt(hold: Hold, asked: number, lifetimeMaxSeconds: number): HoldRecord {
    const seats = hold.seats.map(({ seat }) => seat);
    for (const seat of seats) this.adding.delete(seat);
    for (const seat of this.removing) if (!seats.includes(seat)) this.removing.delete(seat);
    this.isUncertain = false;
    this.ending = undefined;
    this.hold = hold;
    this.#setDeadline(hold, asked, lifetimeMaxSeconds);
    const { confirming } = this.record;
    const held = { id: hold.hold_id, token: hold.hold_token, seats };
    return confirming ? { hold: held, confirming } : { hold: held };
  }

  /** The hold is over; `seats` may be tried again. Wishes are over with it. */
  end(ending: Situation["ending"], seats: SeatLabel[]): void {
    this.clear();
    this.ending = ending;
    this.former = seats;
  }

  /** What a failed placement or change had wished for beyond what can be had. */
  without(seats: ReadonlySet<SeatLabel>): void {
    const wished = [...(this.record.placing?.seats ?? []), ...this.adding];
    const open = wished.filter((seat) => !seats.has(seat) && !this.removing.has(seat));
    this.adding = new Set(open);
  }

  clear(): void {
    this.hold = undefined;
    this.deadline = undefined;
    this.adding = new Set();
    this.removing = new Set();
    this.isUncertain = false;
    this.wantsExtension = false;
    this.isAtCap = false;
    this.mistakes = {};
  }

  /** Another tab's record. Answers what became of the seats, where they are gone. */
  take(record: HoldRecord, now: number): "expired" | "elsewhere" | undefined {
    if (isSame(record, this.record)) return undefined;
    const had = this.record.hold;
    const isPast = this.deadline !== undefined && now >= this.deadline - EXPIRY_SLACK_MS;
    this.record = record;
    this.ending = undefined;
    this.former = [];
    if (record.hold) this.isUncertain = true;
    else if (!record.placing) this.clear();
    if (!had || record.hold || record.placing || record.bookingId) return undefined;
    this.end(isPast ? "expired" : undefined, had.seats);
    return isPast ? "expired" : "elsewhere";
  }

  #isSent(seat: SeatLabel): boolean {
    const { hold, placing } = this.record;
    return Boolean(hold?.seats.includes(seat) || placing?.seats.includes(seat));
  }

  /**
   * Counted from when the question was sent, by a clock that only runs forward: the time shown is
   * never more than what is left, whatever the device takes for the time of day.
   */
  #setDeadline(hold: Hold, asked: number, lifetimeMaxSeconds: number): void {
    const expiresAt = Date.parse(hold.expires_at);
    this.deadline = asked + expiresAt - Date.parse(hold.now);
    this.isAtCap = expiresAt - Date.parse(hold.placed_at) >= (lifetimeMaxSeconds - 1) * 1000;
  }
}

/** A hold with other seats or another deadline has another token. */
function isSame(one: HoldRecord, other: HoldRecord): boolean {
  const text = ({ hold, ...rest }: HoldRecord) =>
    JSON.stringify([
      hold?.id,
      hold?.token,
      hold?.seats,
      rest.placing,
      rest.confirming,
      rest.bookingId,
    ]);
  return text(one) === text(other);
}
