import { ProblemError, type ProblemCode } from "../../api";
import type {
  Booking,
  Hold,
  HoldCalls,
  HoldRecord,
  HoldView,
  Notice,
  RecordStore,
  Surroundings,
} from "./model";
import { SeatHold } from "./seat-hold";

/** Time, chance and timers that a test moves by hand. */
export class HandClock implements Surroundings {
  #now = 1_000;
  #keys = 0;
  #timers: { at: number; work: () => void }[] = [];

  now = () => this.#now;
  newKey = () => `key-${(this.#keys += 1)}`;
  later = (work: () => void, ms: number) => {
    const timer = { at: this.#now + ms, work };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const [due] = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (!due) break;
      this.#now = Math.max(this.#now, due.at);
      this.#timers = this.#timers.filter((other) => other !== due);
      due.work();
      await settled();
    }
    this.#now = until;
    await settled();
  }
}

/** Lets everything that waits for nothing but its turn run to its end. */
export async function settled(turns = 300): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}

/** A browser tells other tabs of a change after a while: one may act before it has heard. */
const TURNS_UNTIL_TOLD = 20;

/** Both tabs' storage; each has its own view of it. */
export class SharedRecord {
  #text = "{}";
  #queue: Promise<unknown> = Promise.resolve();
  #watchers = new Set<{ tab: number; listener: (record: HoldRecord) => void }>();

  get record(): HoldRecord {
    return JSON.parse(this.#text) as HoldRecord;
  }

  #tell(from: number): void {
    for (const { tab, listener } of this.#watchers) if (tab !== from) listener(this.record);
  }

  tab(tab: number): RecordStore {
    return {
      read: () => this.record,
      write: (record) => {
        const text = JSON.stringify(record);
        if (text === this.#text) return;
        this.#text = text;
        void settled(TURNS_UNTIL_TOLD).then(() => this.#tell(tab));
      },
      watch: (listener) => {
        const watcher = { tab, listener };
        this.#watchers.add(watcher);
        return () => this.#watchers.delete(watcher);
      },
      exclusively: (work) => {
        const turn = this.#queue.then(work);
        this.#queue = turn.catch(() => undefined);
        return turn;
      },
    };
  }
}

const TTL_MS = 600_000;
const LIFETIME_MS = 1_800_000;

interface StoredHold {
  id: string;
  seats: string[];
  state: Hold["state"];
  placedAt: number;
  deadline: number;
}

/** The service's rules for holds, as far as a buyer's page can tell, and its faults on demand. */
export class FakeService implements HoldCalls {
  log: string[] = [];
  holds = new Map<string, StoredHold>();
  taken = new Map<string, string>();
  bookings = new Map<string, Booking>();
  #keys = new Map<string, string>();
  #faults: { code: ProblemCode | "offline"; isDone: boolean; members?: object | undefined }[] = [];
  #gate: Promise<void> | undefined;
  #answers: Promise<void> | undefined;

  /** The service's clock is an hour ahead of the page's. */
  constructor(readonly clock: HandClock) {}

  get #time(): number {
    return this.clock.now() + 3_600_000;
  }

  failNext(code: ProblemCode | "offline", members?: object): void {
    this.#faults.push({ code, isDone: false, members });
  }

  /** Does what it is asked and says nothing of it. */
  loseNextAnswer(): void {
    this.#faults.push({ code: "offline", isDone: true });
  }

  /** Answers how to let the requests go on that come from now. */
  stop(): () => void {
    let open = () => {};
    this.#gate = new Promise((resolve) => (open = resolve));
    return () => {
      this.#gate = undefined;
      open();
    };
  }

  /** Does what it is asked and keeps its answers back. Answers how to let them go. */
  keepAnswers(): () => void {
    let open = () => {};
    this.#answers = new Promise((resolve) => (open = resolve));
    return () => {
      this.#answers = undefined;
      open();
    };
  }

  place = (seats: string[], key: string) =>
    this.#answer(`place ${seats}`, () => {
      const known = this.holds.get(this.#keys.get(key) ?? "");
      if (known) return this.#view(known);
      this.#refuseTaken(seats, undefined);
      const id = `hold-${this.holds.size + 1}`;
      const now = this.#time;
      const deadline = now + TTL_MS;
      const hold: StoredHold = { id, seats, state: "held", placedAt: now, deadline };
      this.holds.set(id, hold);
      this.#keys.set(key, id);
      return this.#view(hold);
    });

  find = (id: string) => this.#answer(`find`, () => this.#view(this.#known(id)));

  change = (id: string, add: string[], remove: string[]) =>
    this.#answer(`change +${add} -${remove}`, () => {
      const hold = this.#live(id);
      this.#refuseTaken(add, id);
      const kept = hold.seats.filter((seat) => !remove.includes(seat));
      hold.seats = [...new Set([...kept, ...add])];
      return this.#view(hold);
    });

  extend = (id: string) =>
    this.#answer("extend", () => {
      const hold = this.#live(id);
      const latest = hold.placedAt + LIFETIME_MS;
      if (hold.deadline >= latest) throw problem("hold_cannot_be_extended");
      hold.deadline = Math.min(latest, this.#time + TTL_MS);
      return this.#view(hold);
    });

  release = (id: string) =>
    this.#answer("release", () => {
      const hold = this.#known(id);
      if (hold.state === "held") hold.state = "released";
    });

  confirm = (id: string, _token: string, _contact: unknown, key: string) =>
    this.#answer(`confirm ${key}`, () => {
      const done = this.bookings.get(id);
      if (done) return done;
      this.#live(id).state = "confirmed";
      const booking = { booking_id: `booking-${this.bookings.size + 1}`, hold_id: id } as Booking;
      this.bookings.set(id, booking);
      return booking;
    });

  bookingOf = (id: string) => Promise.resolve(this.bookings.get(id));

  async #answer<T>(what: string, work: () => T): Promise<T> {
    this.log.push(what);
    await this.#gate;
    const fault = this.#faults.shift();
    if (fault && !fault.isDone) throw problem(fault.code, fault.members);
    const answer = work();
    await this.#answers;
    if (fault) throw problem(fault.code);
    return answer;
  }

  #known(id: string): StoredHold {
    const hold = this.holds.get(id);
    if (!hold) throw problem("not_found");
    if (hold.state === "held" && this.#time >= hold.deadline) hold.state = "expired";
    return hold;
  }

  #live(id: string): StoredHold {
    const hold = this.#known(id);
    if (hold.state === "expired") throw problem("hold_expired");
    if (hold.state === "released") throw problem("hold_released");
    if (hold.state === "confirmed") throw problem("hold_confirmed");
    return hold;
  }

  #refuseTaken(seats: string[], own: string | undefined): void {
    const others = [...this.holds.keys()].map((id) => this.#known(id));
    const held = others.filter(({ id, state }) => id !== own && state === "held");
    const reasonOf = (seat: string) =>
      this.taken.get(seat) ?? (held.some((hold) => hold.seats.includes(seat)) ? "held" : undefined);
    const conflicts = seats.flatMap((seat) => {
      const reason = reasonOf(seat);
      return reason ? [{ seat, reason }] : [];
    });
    if (conflicts.length > 0) throw problem("seats_unavailable", { conflicts });
  }

  #view(hold: StoredHold): Hold {
    const at = (ms: number) => new Date(ms).toISOString();
    return {
      hold_id: hold.id,
      hold_token: `token of ${hold.id} until ${hold.deadline}`,
      state: hold.state,
      seats: hold.seats.map((seat) => ({ seat })),
      placed_at: at(hold.placedAt),
      expires_at: at(hold.deadline),
      now: at(this.#time),
    } as Hold;
  }
}

function problem(code: ProblemCode | "offline", members?: object): ProblemError {
  return new ProblemError(code, code === "offline" ? undefined : ({ code, ...members } as never));
}

/** A page with its hold, and what a buyer heard and saw. */
export class Page {
  readonly hold: SeatHold;
  heard: Notice[] = [];
  phases: string[] = [];

  constructor(service: FakeService, shared: SharedRecord, clock: HandClock, tab = 1) {
    const listeners = {
      onView: (view: HoldView) => {
        if (this.phases.at(-1) !== view.phase) this.phases.push(view.phase);
      },
      onNotice: (notice: Notice) => this.heard.push(notice),
    };
    const terms = { seatsMax: 4, lifetimeMaxSeconds: LIFETIME_MS / 1000 };
    this.hold = new SeatHold(service, shared.tab(tab), clock, terms, listeners);
    this.hold.resume();
  }

  get kinds(): string[] {
    return this.heard.map(({ kind }) => kind);
  }
}
