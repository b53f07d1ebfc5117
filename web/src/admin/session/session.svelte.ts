import { untrack } from "svelte";
import { connect, dataOf, type components, type Tokens } from "../../api";

type Session = components["schemas"]["Session"];
export type Account = components["schemas"]["Account"];

// Kept over tabs: an admin opens the house in one and the bookings in another. It ends by itself
// after some hours, and signing out in one tab signs out in all.
const KEY = "holdfast-admin-session";

/** Who is signed in; asks for the password anew when the service refuses the token. */
class AdminSession implements Tokens {
  current = $state.raw<Session | undefined>(read());
  /** Whether a request waits until its sender has signed in again. */
  isAskedAgain = $state(false);
  #waiting: ((token: string | undefined) => void)[] = [];

  constructor() {
    addEventListener("storage", ({ key }) => {
      if (key === KEY || key === null) this.#adopt(read());
    });
  }

  get account(): Account | undefined {
    return this.current?.account;
  }

  get mayManage(): boolean {
    return this.account?.role === "venue_admin" || this.account?.role === "admin";
  }

  /** Who sends a request from an effect does not want it sent again with each new token. */
  async token(): Promise<string | undefined> {
    return untrack(() => this.current?.token);
  }

  renew(refused: string | undefined): Promise<string | undefined> {
    const token = untrack(() => this.current?.token);
    if (!token || token !== refused) return Promise.resolve(token);
    this.isAskedAgain = true;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async signIn(email: string, password: string): Promise<void> {
    // Without the session's token: a refused password must not ask for a password.
    const session = await dataOf(connect().POST("/v1/sessions", { body: { email, password } }));
    write(session);
    this.#adopt(session);
  }

  /** The requests that wait fail; the page stays as it is. */
  giveUp(): void {
    this.#answer(undefined);
  }

  signOut(): void {
    write(undefined);
    this.#adopt(undefined);
  }

  #adopt(session: Session | undefined): void {
    this.current = session;
    this.#answer(session?.token);
  }

  #answer(token: string | undefined): void {
    this.isAskedAgain = false;
    for (const resolve of this.#waiting.splice(0)) resolve(token);
  }
}

function read(): Session | undefined {
  try {
    const session = JSON.parse(localStorage.getItem(KEY) ?? "null") as Session | null;
    const isInTime = session && Date.parse(session.expires_at) > Date.now();
    return isInTime ? session : undefined;
  } catch {
    return undefined;
  }
}

function write(session: Session | undefined): void {
  try {
    if (session) localStorage.setItem(KEY, JSON.stringify(session));
    else localStorage.removeItem(KEY);
  } catch {
    // A browser that keeps nothing: the session lasts as long as the page.
  }
}

export const session = new AdminSession();
export const api = connect(session);
