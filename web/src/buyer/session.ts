import { connect, ProblemError, type Tokens } from "../api";
import { inTurn, readStored, writeStored } from "./storage";

const KEY = "holdfast.guest";

/** A token with less time than this is replaced before something new is begun with it. */
const REST_MIN_MS = 3_600_000;

interface Guest {
  token: string;
  /** By this device's clock, which is only compared with itself. */
  madeAt: number;
  lastsMs: number;
}

/**
 * A buyer is a guest that nobody signed in. The token is made when something is first written, is
 * the same in all tabs, and is made anew when the service refuses it.
 */
class GuestTokens implements Tokens {
  get current(): string | undefined {
    const guest = readStored(KEY) as Partial<Guest> | undefined;
    return typeof guest?.token === "string" ? guest.token : undefined;
  }

  async token(): Promise<string | undefined> {
    return this.current ?? this.renew(undefined);
  }

  /** Another tab may have been first. */
  renew(refused: string | undefined): Promise<string> {
    return inTurn(KEY, async () => {
      const { current } = this;
      return current && current !== refused ? current : makeGuest();
    });
  }

  /** A token must not run out between a hold and its booking. */
  async freshen(): Promise<void> {
    const { madeAt, lastsMs } = (readStored(KEY) ?? {}) as Partial<Guest>;
    if (madeAt === undefined || lastsMs === undefined) return;
    if (Date.now() - madeAt < lastsMs - REST_MIN_MS) return;
    await this.renew(this.current).catch(() => undefined);
  }
}

async function makeGuest(): Promise<string> {
  const { data, response } = await connect().POST("/v1/guests");
  if (!data) throw new ProblemError("unavailable");
  const { token, expires_at } = data;
  const servicesTime = Date.parse(response.headers.get("Date") ?? "");
  const lastsMs = Date.parse(expires_at) - (servicesTime || Date.now());
  writeStored(KEY, { token, madeAt: Date.now(), lastsMs } satisfies Guest);
  return token;
}

export const guests = new GuestTokens();

/** For what belongs to this buyer. */
export const mine = connect(guests);

/** For what everybody may read; a buyer who only looks stays nobody. */
export const open = connect();

/** Whether this device has ever written anything: else it has no bookings. */
export function isKnown(): boolean {
  return guests.current !== undefined;
}
