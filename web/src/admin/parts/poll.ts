/**
 * Does a task again and again while the page is seen, first after one pause; and at once when the
 * page is seen again. Answers what ends it.
 *
 * @param task tells of its failures itself.
 */
export function poll(task: () => Promise<void>, pauseMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRunning = false;
  let isStopped = false;

  const isSeen = () => document.visibilityState === "visible";

  function wait() {
    clearTimeout(timer);
    timer = isStopped || !isSeen() ? undefined : setTimeout(() => void run(), pauseMs);
  }

  async function run() {
    if (isRunning || isStopped) return;
    isRunning = true;
    await task();
    isRunning = false;
    wait();
  }

  function look() {
    if (isSeen()) void run();
    else clearTimeout(timer);
  }

  document.addEventListener("visibilitychange", look);
  wait();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
