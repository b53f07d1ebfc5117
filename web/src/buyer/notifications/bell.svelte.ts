import { connect, dataOf, ProblemError } from "../../api";
import { announcer } from "../../design/announcer.svelte";
import { guests, isKnown } from "../session";
import { asRead, type Notification } from "./notices";
import { onNudge } from "./nudge";

const EVERY_MS = 60_000;
const LONGEST_MS = 600_000;
/** What was just done is told after a moment. */
const SOON_MS = 1_500;
const PAGE = 20;

/** For looking only: a guest whose token is over is nobody, and is made anew by what they do. */
const asked = connect({ token: async () => guests.current });

/** The notifications of this device's guest; asked for now and then, while the page is seen. */
export class Bell {
  unread = $state(0);
  items = $state.raw<Notification[]>([]);
  next = $state<string>();
  isLoading = $state(false);
  isOpen = $state(false);
  fault = $state<ProblemError>();

  #failures = 0;
  #turn = 0;
  #dueAt = 0;
  #stopTimer = () => {};
  readonly #stop: (() => void)[] = [];

  constructor() {
    const seen = () => {
      if (document.visibilityState === "visible" && performance.now() >= this.#dueAt) this.count();
    };
    document.addEventListener("visibilitychange", seen);
    this.#stop.push(
      () => document.removeEventListener("visibilitychange", seen),
      onNudge(() => this.#plan(SOON_MS)),
    );
    void this.count();
  }

  close(): void {
    this.#stopTimer();
    for (const stop of this.#stop) stop();
  }

  /** How many are unread. A device that has written nothing has none. */
  async count(): Promise<void> {
    this.#plan(EVERY_MS);
    if (!isKnown()) return;
    try {
      const query = { limit: 1 };
      const page = await dataOf(asked.GET("/v1/notifications", { params: { query } }));
      this.#failures = 0;
      const isNews = page.unread_count > this.unread;
      if (isNews) announcer.say(unreadText(page.unread_count));
      this.unread = page.unread_count;
      if (isNews && this.isOpen) await this.load();
    } catch {
      this.#failures += 1;
      this.#plan(Math.min(EVERY_MS * 2 ** this.#failures, LONGEST_MS));
    }
  }

  /** The newest, or those after them; a newer question overtakes an older one. */
  async load(after?: string): Promise<void> {
    if (!isKnown()) return;
    const turn = (this.#turn += 1);
    this.isLoading = true;
    try {
      const query = { limit: PAGE, ...(after && { after }) };
      const page = await dataOf(asked.GET("/v1/notifications", { params: { query } }));
      if (turn !== this.#turn) return;
      this.items = after ? [...this.items, ...page.items] : page.items;
      this.next = page.next ?? undefined;
      this.unread = page.unread_count;
      this.fault = undefined;
    } catch (error) {
      if (turn !== this.#turn) return;
      this.fault = error instanceof ProblemError ? error : new ProblemError("internal");
    } finally {
      if (turn === this.#turn) this.isLoading = false;
    }
  }

  /** Marked here at once; should the service not hear of it, it is unread again later. */
  async read(one: Notification): Promise<void> {
    if (one.read_at) return;
    this.#mark((item) => item.notification_id === one.notification_id);
    const params = { path: { notification_id: one.notification_id } };
    await asked.POST("/v1/notifications/{notification_id}/read", { params }).catch(() => undefined);
  }

  async readAll(): Promise<void> {
    this.#mark(() => true);
    this.unread = 0;
    await asked.POST("/v1/notifications/read").catch(() => undefined);
  }

  #mark(isRead: (item: Notification) => boolean): void {
    const due = this.items.filter((item) => !item.read_at && isRead(item)).length;
    this.items = this.items.map((item) => (isRead(item) ? asRead(item) : item));
    this.unread = Math.max(0, this.unread - due);
  }

  #plan(ms: number): void {
    this.#stopTimer();
    this.#dueAt = performance.now() + ms;
    const timer = setTimeout(() => {
      if (document.visibilityState === "visible") void this.count();
    }, ms);
    this.#stopTimer = () => clearTimeout(timer);
  }
}

export function unreadText(unread: number): string {
  if (unread === 0) return "Notifications";
  return `Notifications: ${unread} unread`;
}
