const TICK_MS = 250;

/** A clock for the eye: `now` runs on while a component that made it is shown. */
export function ticking(): { readonly now: number } {
  let ticks = $state(0);
  $effect(() => {
    const timer = setInterval(() => (ticks += 1), TICK_MS);
    return () => clearInterval(timer);
  });
  return {
    get now() {
      void ticks;
      return performance.now();
    },
  };
}

/**
 * The service's time of day, as far as answers' `Date`s tell: carried on by a clock that no setting
 * of the device moves. A `Date` has whole seconds and has travelled, so it is never too late: the
 * latest is the best, and time does not run back.
 */
export class ServiceClock {
  #base: number | undefined;

  read(response: Response): void {
    const told = Date.parse(response.headers.get("Date") ?? "");
    if (Number.isNaN(told)) return;
    this.#base = Math.max(this.#base ?? -Infinity, told - performance.now());
  }

  at(now: number): number {
    return (this.#base ?? Date.now() - performance.now()) + now;
  }
}
