/** What was last said to people who listen; the shell has the live region. */
class Announcer {
  text = $state("");

  say(sentence: string): void {
    // The same sentence twice is an event twice: an invisible difference makes it be read again.
    this.text = sentence === this.text ? `${sentence}\u00a0` : sentence;
  }
}

export const announcer = new Announcer();
