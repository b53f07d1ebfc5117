import { untrack } from "svelte";

/** What was last said to people who listen; each application has one live region that reads it. */
class Announcer {
  text = $state("");

  say(sentence: string): void {
    // The same sentence twice is an event twice: an invisible difference has it read again. An
    // effect that says something does not depend on what was said before.
    const before = untrack(() => this.text);
    this.text = sentence === before ? `${sentence}\u00a0` : sentence;
  }
}

export const announcer = new Announcer();
