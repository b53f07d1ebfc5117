import { match } from "./path";

/** Is asked before its page is left, and calls `leave` then or never. */
export type Guard = (leave: () => void) => void;

/** Where an entry of the history is among those of these pages. */
interface Entry {
  nth: number;
}

/**
 * Which page is shown: the path of the address, and links that change it without loading anew.
 * Back and forward work as in any other site.
 */
class Router {
  path = $state(location.pathname);
  query = $state(location.search);
  #guard: Guard | undefined;
  #nth: number;
  /** The entry that may be gone to without asking again. */
  #allowed: number | undefined;

  constructor() {
    this.#nth = nthOf(history.state) ?? 0;
    history.replaceState({ nth: this.#nth } satisfies Entry, "");
    addEventListener("popstate", ({ state }) => this.#travel(nthOf(state)));
    document.addEventListener("click", (event) => this.#follow(event));
  }

  go(href: string, { replace = false } = {}): void {
    if (!replace) this.#nth += 1;
    history[replace ? "replaceState" : "pushState"]({ nth: this.#nth } satisfies Entry, "", href);
    this.#read();
    scrollTo(0, 0);
  }

  /** Asks before links, Back and Forward, and whatever goes through `leave`; answers how to end it. */
  guard(guard: Guard): () => void {
    this.#guard = guard;
    return () => {
      if (this.#guard === guard) this.#guard = undefined;
    };
  }

  /** Does what ends the page, unless the page has a reason to ask first. */
  leave(go: () => void): void {
    if (this.#guard) this.#guard(go);
    else go();
  }

  /** Answers what the path has in the places of `:name`, or nothing where it is another page's. */
  match(pattern: string): Record<string, string> | undefined {
    return match(pattern, this.path);
  }

  #read(): void {
    this.path = location.pathname;
    this.query = location.search;
  }

  /** The browser is there already: where the page asks first, the address goes back to it. */
  #travel(nth: number | undefined): void {
    const steps = (nth ?? this.#nth) - this.#nth;
    if (steps !== 0 && nth !== this.#allowed && this.#guard) {
      history.go(-steps);
      this.leave(() => {
        this.#allowed = nth;
        history.go(steps);
      });
      return;
    }
    if (nth === this.#allowed) this.#allowed = undefined;
    this.#nth += steps;
    this.#read();
  }

  #follow(event: MouseEvent): void {
    const isPlain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (event.defaultPrevented || event.button !== 0 || !isPlain || !link) return;
    if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
    if (sectionOf(link.pathname) !== sectionOf(location.pathname)) return;
    event.preventDefault();
    const isHere = link.pathname === location.pathname && link.search === location.search;
    // A place in the page is gone to by the focus, and is no page to come back to.
    if (isHere && link.hash) document.getElementById(link.hash.slice(1))?.focus();
    else this.leave(() => this.go(link.pathname + link.search + link.hash));
  }
}

function nthOf(state: unknown): number | undefined {
  const { nth } = (state ?? {}) as Partial<Entry>;
  return typeof nth === "number" ? nth : undefined;
}

/** The two applications, and what the service itself shows (`/docs`), are loaded anew. */
function sectionOf(path: string): string {
  if (path.startsWith("/admin")) return "admin";
  return path === "/" || /^\/(events|bookings)(\/|$)/.test(path) ? "buyer" : path;
}

export const router = new Router();
