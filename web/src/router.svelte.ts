import { match } from "./path";

/**
 * Which page is shown: the path of the address, and links that change it without loading anew.
 * Back and forward work as in any other site.
 */
class Router {
  path = $state(location.pathname);
  query = $state(location.search);

  constructor() {
    addEventListener("popstate", () => this.#read());
    document.addEventListener("click", (event) => this.#follow(event));
  }

  go(href: string, { replace = false } = {}): void {
    history[replace ? "replaceState" : "pushState"](null, "", href);
    this.#read();
    scrollTo(0, 0);
  }

  /** Answers what the path has in the places of `:name`, or nothing where it is another page's. */
  match(pattern: string): Record<string, string> | undefined {
    return match(pattern, this.path);
  }

  #read(): void {
    this.path = location.pathname;
    this.query = location.search;
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
    else this.go(link.pathname + link.search + link.hash);
  }
}

/** The two applications, and what the service itself shows (`/docs`), are loaded anew. */
function sectionOf(path: string): string {
  if (path.startsWith("/admin")) return "admin";
  return path === "/" || /^\/(events|bookings)(\/|$)/.test(path) ? "buyer" : path;
}

export const router = new Router();
