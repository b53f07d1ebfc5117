/** A browser's storage that forgets everything with the test. */
export class MemoryStorage implements Storage {
  readonly #items = new Map<string, string>();
  constructor(private readonly capacity = Infinity) {}
  get length() {
    return this.#items.size;
  }
  key(nth: number) {
    return [...this.#items.keys()][nth] ?? null;
  }
  getItem(key: string) {
    return this.#items.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    if (value.length > this.capacity) throw new DOMException("full", "QuotaExceededError");
    this.#items.set(key, value);
  }
  removeItem(key: string) {
    this.#items.delete(key);
  }
  clear() {
    this.#items.clear();
  }
}
