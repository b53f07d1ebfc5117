import type { components } from "../../api";

export type Hold = components["schemas"]["Hold"];
export type Booking = components["schemas"]["Booking"];
export type Contact = components["schemas"]["Contact"];
export type SeatLabel = string;

/**
 * none -> placing -> held -> changing -> held -> confirming -> booked; from any of those with a
 * hold to expired (its time was up) or lost (it ended otherwise, and not by this buyer's wish).
 */
export type Phase =
  "none" | "placing" | "held" | "changing" | "confirming" | "booked" | "expired" | "lost";

/** What is kept beyond the page's life, shared by all tabs: enough to go on after a reload. */
export interface HoldRecord {
  /** A placement that was sent and not answered: the same key and seats learn its outcome. */
  placing?: { key: string; seats: SeatLabel[] };
  hold?: { id: string; token: string; seats: SeatLabel[] };
  /** A confirm that was sent and not answered. */
  confirming?: { key: string; contact: Contact };
  bookingId?: string;
}

/** Where the record is kept, and how tabs take turns at changing it. */
export interface RecordStore {
  read(): HoldRecord;
  write(record: HoldRecord): void;
  /** Tells what another tab has written. Answers how to stop. */
  watch(listener: (record: HoldRecord) => void): () => void;
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/** The service's verbs. Each throws a ProblemError. */
export interface HoldCalls {
  place(seats: SeatLabel[], key: string): Promise<Hold>;
  find(holdId: string): Promise<Hold>;
  change(holdId: string, add: SeatLabel[], remove: SeatLabel[]): Promise<Hold>;
  extend(holdId: string): Promise<Hold>;
  release(holdId: string): Promise<void>;
  confirm(holdId: string, token: string, contact: Contact, key: string): Promise<Booking>;
  bookingOf(holdId: string): Promise<Booking | undefined>;
}

/** Time that no setting of the device's clock moves, chance, and timers: given, so that tests rule them. */
export interface Surroundings {
  now(): number;
  newKey(): string;
  later(work: () => void, ms: number): () => void;
}

export interface Conflict {
  seat: SeatLabel;
  reason: string;
}

/** Something that a buyer should hear of once. */
export type Notice =
  | { kind: "yours"; seats: SeatLabel[]; secondsLeft: number }
  | { kind: "let_go"; seats: SeatLabel[] }
  | { kind: "taken"; conflicts: Conflict[]; wasHeld: boolean }
  | { kind: "limit"; limit: number; held?: number | undefined }
  | { kind: "extended"; secondsLeft: number }
  | { kind: "at_cap" }
  | { kind: "ended_elsewhere"; seats: SeatLabel[] }
  | { kind: "expired"; seats: SeatLabel[] }
  | { kind: "lost"; seats: SeatLabel[] }
  | { kind: "refused"; sentence: string; code: string };

/** A write that was not answered, or not as hoped; it is repeated by itself, or by `retry`. */
export interface Trouble {
  sentence: string;
  isOffline: boolean;
}

/** All that a page needs to draw. */
export interface HoldView {
  phase: Phase;
  /** What the buyer has or is about to have, in the order of the taps. */
  seats: SeatLabel[];
  adding: ReadonlySet<SeatLabel>;
  removing: ReadonlySet<SeatLabel>;
  hold: Hold | undefined;
  /** By `Surroundings.now`; nothing while it is being asked for. */
  deadline: number | undefined;
  isAtCap: boolean;
  isExtending: boolean;
  /** After `expired` or `lost`: what could be tried again. */
  former: SeatLabel[];
  trouble: Trouble | undefined;
  /** Of name and mail, by JSON pointer. */
  mistakes: Record<string, string>;
  bookingId: string | undefined;
}
