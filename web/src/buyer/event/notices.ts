import { spokenText } from "../holds/countdown";
import type { Conflict, Notice, SeatLabel } from "../holds/model";
import { countSeats } from "../texts/seats";

export interface Message {
  tone: "plain" | "success" | "warning" | "danger";
  text: string;
  /** Only read aloud: it can be seen without being said. */
  isOnlySaid?: boolean;
}

type NameOf = (seats: SeatLabel[]) => string;

/** What happened, for people. */
export function messageOf(notice: Notice, nameOf: NameOf): Message {
  switch (notice.kind) {
    case "yours": {
      const are = notice.seats.length === 1 ? "is" : "are";
      const text = `${nameOf(notice.seats)} ${are} yours for ${spokenText(notice.secondsLeft)}.`;
      return { tone: "success", text, isOnlySaid: true };
    }
    case "let_go":
      return { tone: "plain", text: `You let ${nameOf(notice.seats)} go.`, isOnlySaid: true };
    case "taken":
      return { tone: "warning", text: takenText(notice.conflicts, notice.wasHeld, nameOf) };
    case "limit":
      return { tone: "warning", text: limitText(notice.limit, notice.held) };
    case "extended": {
      const text = `Your seats are now kept for ${spokenText(notice.secondsLeft)}.`;
      return { tone: "success", text, isOnlySaid: true };
    }
    case "at_cap":
      return { tone: "warning", text: "Your seats cannot be kept any longer than this." };
    case "ended_elsewhere":
      return { tone: "plain", text: `You let ${nameOf(notice.seats)} go in another window.` };
    case "expired": {
      const these = notice.seats.length === 1 ? "this seat is" : "these seats are";
      const text = `Your time is up: ${these} back on sale. ${nameOf(notice.seats)}.`;
      return { tone: "warning", text };
    }
    case "lost":
      return { tone: "danger", text: `${nameOf(notice.seats)} could not be kept for you.` };
    case "refused":
      return { tone: "danger", text: notice.sentence };
  }
}

function takenText(conflicts: Conflict[], wasHeld: boolean, nameOf: NameOf): string {
  if (conflicts.length === 0) return "Somebody was faster: not all of these seats are free.";
  const name = nameOf(conflicts.map(({ seat }) => seat));
  const are = conflicts.length === 1 ? "is" : "are";
  if (wasHeld) return `${name} ${are} no longer free.`;
  const isBlocked = conflicts.every(({ reason }) => reason === "blocked");
  if (isBlocked) return `${name} ${are} not for sale.`;
  return `Somebody was faster: ${name} ${conflicts.length === 1 ? "has" : "have"} just been taken.`;
}

function limitText(limit: number, held: number | undefined): string {
  if (held === undefined) return `You can hold at most ${countSeats(limit)} at a time.`;
  return `You can have at most ${countSeats(limit)} for this event, and have ${held} already.`;
}

/** Why a tap on a seat that cannot be had does nothing. */
export function whyNot(state: number | undefined, name: string): string {
  if (state === undefined) return `It cannot be seen yet whether ${name} is free.`;
  if (state === "h".charCodeAt(0)) return `${name} is held by somebody else at the moment.`;
  if (state === "b".charCodeAt(0)) return `${name} is sold.`;
  return `${name} is not for sale.`;
}
