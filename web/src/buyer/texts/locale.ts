/** The pages speak English; numbers and dates follow the reader's kind of it. */
export const locale: string =
  (globalThis.navigator?.languages ?? []).find((language) => /^en\b/i.test(language)) ?? "en-GB";
