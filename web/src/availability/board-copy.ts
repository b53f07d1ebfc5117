import { FeedError } from "./feed-error";

/** A board's states as ASCII characters: free, held, booked, not for sale. */
const FREE = 0x2e;
const HELD = 0x68;
const BOOKED = 0x62;
const BLOCKED = 0x78;
const STATES: ReadonlySet<number> = new Set([FREE, HELD, BOOKED, BLOCKED]);

export interface BoardCounts {
  free: number;
  held: number;
  booked: number;
  blocked: number;
}

interface Position {
  epoch: number;
  revision: number;
}

/** Changes as the feed sends them: lists of seat indices by the state that they are in now. */
interface Changes extends Position {
  seats: [state: number, indices: number[]][];
}

/** An event's seats as one browser knows them. Nothing half-read ever gets into it. */
export class BoardCopy {
  epoch = 0;
  revision = 0;
  /** One byte per seat; changed in place by changes, replaced by a snapshot. */
  states = new Uint8Array(0);
  /** The seats that the last changes gave another state. */
  changed: readonly number[] = [];
  #isEmpty = true;

  /** Where the feed can go on from; nothing before the first snapshot. */
  get position(): string | undefined {
    return this.#isEmpty ? undefined : `${this.epoch}-${this.revision}`;
  }

  counts(): BoardCounts {
    const counts = { free: 0, held: 0, booked: 0, blocked: 0 };
    for (const state of this.states) {
      if (state === FREE) counts.free++;
      else if (state === HELD) counts.held++;
      else if (state === BOOKED) counts.booked++;
      else counts.blocked++;
    }
    return counts;
  }

  /**
   * A snapshot that is older than the copy is passed over: another instance of the service may lag
   * behind, and changes say what a seat is, so that those it sends later still fit. Not so one that
   * answers the copy's own position: an instance that is behind waits, so the service has lost what
   * came after. Answers `stale` for what was passed over, and `same` for what the copy has already.
   *
   * @param asked the position that the service was told.
   * @throws {FeedError} on garbled input; the copy is then as it was.
   */
  takeSnapshot(message: unknown, asked?: string): "applied" | "same" | "stale" {
    const { epoch, revision, states } = fieldsOf(message);
    const position = readPosition(epoch, revision);
    const bytes = readStates(states);
    if (!this.#isEmpty && bytes.length !== this.states.length) {
      throw new FeedError(
        `A snapshot has ${bytes.length} seats, but the event has ${this.states.length}.`,
      );
    }
    if (this.position !== asked && this.#isAfter(position)) return "stale";
    if (this.#isSame(position, bytes)) return "same";
    Object.assign(this, position);
    this.states = bytes;
    this.changed = [];
    this.#isEmpty = false;
    return "applied";
  }

  /**
   * Answers `stale` for changes that the copy has already, and `gap` when changes of another epoch
   * show that some are missing: then only a snapshot helps.
   *
   * @throws {FeedError} on garbled input; the copy is then as it was.
   */
  takeChanges(message: unknown): "applied" | "stale" | "gap" {
    const { epoch, revision, seats } = readChanges(message, this.states.length);
    if (this.#isEmpty || epoch > this.epoch) return "gap";
    if (epoch < this.epoch || revision <= this.revision) return "stale";
    const changed: number[] = [];
    for (const [state, indices] of seats) {
      for (const index of indices) {
        if (this.states[index] !== state) changed.push(index);
        this.states[index] = state;
      }
    }
    this.revision = revision;
    this.changed = changed;
    return "applied";
  }

  #isSame({ epoch, revision }: Position, states: Uint8Array): boolean {
    if (this.#isEmpty || this.epoch !== epoch || this.revision !== revision) return false;
    return this.states.every((state, index) => state === states[index]);
  }

  #isAfter({ epoch, revision }: Position): boolean {
    if (this.#isEmpty) return false;
    return this.epoch > epoch || (this.epoch === epoch && this.revision > revision);
  }
}

function readPosition(epoch: unknown, revision: unknown): Position {
  return { epoch: readCount(epoch, "epoch"), revision: readCount(revision, "revision") };
}

function readStates(states: unknown): Uint8Array<ArrayBuffer> {
  if (typeof states !== "string") throw new FeedError("A snapshot has no states.");
  const bytes = new Uint8Array(states.length);
  for (let index = 0; index < states.length; index++) {
    const state = states.charCodeAt(index);
    if (!STATES.has(state)) {
      throw new FeedError(`A snapshot says "${states[index]}" of seat ${index}.`);
    }
    bytes[index] = state;
  }
  return bytes;
}

function readChanges(message: unknown, seatCount: number): Changes {
  const { epoch, revision, changes } = fieldsOf(message);
  const seats = Object.entries(fieldsOf(changes)).map(([key, indices]): [number, number[]] => {
    const state = key.charCodeAt(0);
    if (key.length !== 1 || !STATES.has(state) || !Array.isArray(indices)) {
      throw new FeedError(`Changes have something for the state "${key.slice(0, 20)}".`);
    }
    return [state, indices.map((index: unknown) => readIndex(index, seatCount))];
  });
  return { ...readPosition(epoch, revision), seats };
}

function readIndex(index: unknown, seatCount: number): number {
  const count = readCount(index, "a seat");
  // Before the first snapshot nobody knows how many there are.
  if (seatCount > 0 && count >= seatCount) throw new FeedError(`There is no seat ${count}.`);
  return count;
}

function readCount(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new FeedError(`A message of the feed has no number for ${name}.`);
  }
  return value as number;
}

function fieldsOf(message: unknown): Record<string, unknown> {
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    throw new FeedError("A message of the feed is garbled.");
  }
  return message as Record<string, unknown>;
}
