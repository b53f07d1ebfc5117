/** What was last said to people who listen; each application has one live region that reads it. */
class Announcer {
  text = $state("");

  say(sentence: string): void {
    // The same sentence twice is an event twice: an invisible difference has it read again.
    this.text = sentence === this.text ? `${sentence}\u00a0` : sentence;
  }
}

export const announcer = new Announcer();
