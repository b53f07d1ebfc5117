import { connect, ProblemError, type Tokens } from "../api";
import { inTurn, readStored, writeStored } from "./storage";

const KEY = "holdfast.guest";

interface Guest {
  token: string;
}

/**
 * A buyer is a guest that nobody signed in. The token is made when something is first written, is
 * the same in all tabs, and is made anew when the service refuses it.
 */
class GuestTokens implements Tokens {
  get current(): string | undefined {
    const guest = readStored(KEY) as Guest | undefined;
    return typeof guest?.token === "string" ? guest.token : undefined;
  }

  async token(): Promise<string | undefined> {
    return this.current ?? this.#make(undefined);
  }

  async renew(refused: string | undefined): Promise<string | undefined> {
    return this.#make(refused);
  }

  /** Another tab may have been first. */
  #make(refused: string | undefined): Promise<string> {
    return inTurn(KEY, async () => {
      const { current } = this;
      if (current && current !== refused) return current;
      const { data } = await connect().POST("/v1/guests");
      if (!data) throw new ProblemError("unavailable");
      writeStored(KEY, { token: data.token });
      return data.token;
    });
  }
}

const guests = new GuestTokens();

/** For what belongs to this buyer. */
export const mine = connect(guests);

/** For what everybody may read; a buyer who only looks stays nobody. */
export const open = connect({ token: () => Promise.resolve(guests.current) });

/** Whether this device has ever written anything: else it has no bookings. */
export function isKnown(): boolean {
  return guests.current !== undefined;
}
