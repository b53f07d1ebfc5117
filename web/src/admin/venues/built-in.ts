/** A house that comes with the service, to start one's own from. */
export interface BuiltIn {
  key: string;
  name: string;
  seatCount: number;
  about: string;
}

export const BUILT_IN: BuiltIn[] = [
  { key: "club", name: "Club", seatCount: 184, about: "Tables, booths, stools, standing room" },
  { key: "theatre", name: "Theatre", seatCount: 450, about: "Stalls, a horseshoe circle, boxes" },
  {
    key: "concert-hall",
    name: "Concert hall",
    seatCount: 2000,
    about: "Curved rows, seats on all sides",
  },
  { key: "arena", name: "Arena", seatCount: 12000, about: "Numbered blocks in the round" },
  { key: "stadium", name: "Stadium", seatCount: 60000, about: "Three tiers with few lines" },
];

// The service gives a template only to its venue's owner; these are nobody's, so the pages bring
// the same files along.
const FILES = import.meta.glob<string>("../../../../venues/*.yaml", {
  query: "?raw",
  import: "default",
});

/** Answers a built-in venue's template, or nothing where there is none of that key. */
export async function builtInTemplate(key: string): Promise<string | undefined> {
  return FILES[`../../../../venues/${key}.yaml`]?.();
}
