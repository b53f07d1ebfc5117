/** Does a task at most so often: what is asked for meanwhile is done once, afterwards. */
export class Paced {
  #isRunning = false;
  #isWanted = false;
  #isStopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param task tells of its failures itself. */
  constructor(
    private readonly task: () => Promise<void>,
    private readonly pauseMs: number,
  ) {}

  ask(): void {
    this.#isWanted = true;
    if (this.#isRunning || this.#isStopped || this.#timer !== undefined) return;
    void this.#run();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#isStopped = true;
  }

  async #run(): Promise<void> {
    this.#isWanted = false;
    this.#isRunning = true;
    await this.task();
    this.#isRunning = false;
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isWanted) void this.#run();
    }, this.pauseMs);
  }
}
