/** What one page leaves for the next one; whoever takes it finds it once. */
class Handover<T> {
  #left: T | undefined;

  leave(thing: T): void {
    this.#left = thing;
  }

  take(): T | undefined {
    const left = this.#left;
    this.#left = undefined;
    return left;
  }
}

/** A file that was dropped on the list of venues, for the editor. */
export const droppedFile = new Handover<{ name: string; text: string }>();

/** The venue that has just been made of a template. */
export const savedVenue = new Handover<{ venueId: string; seatCount: number }>();
