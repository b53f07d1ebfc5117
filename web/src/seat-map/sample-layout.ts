/** Layout documents for tests, as the service sends them. */
export interface SampleSeat {
  index: number;
  label: string;
  number: string;
  x: number;
  y: number;
  category: string;
  flags?: string[];
  gap_after?: boolean;
}

export interface SampleSection {
  key: string;
  name: string;
  kind: string;
  rotation?: number;
  outline?: { x: number; y: number }[];
  rows: { label: string; seats: SampleSeat[] }[];
}

export interface SampleLayout {
  name: string;
  currency: string;
  seat_count: number;
  focal_point: { x: number; y: number } | null;
  categories: { key: string; name: string; colour: string; amount?: string }[];
  bounds: unknown;
  figures: unknown[];
  sections: SampleSection[];
}

export interface SampleBlock {
  key: string;
  at: [number, number];
  rows: number;
  seats: number;
  category?: string;
  /** An aisle follows after so many seats of each row. */
  aisleAfter?: number;
}

const SPACING = { seat: 0.5, row: 1, aisle: 1 };

/** Straight blocks; the seats of row A stand at `at` and to its right, 0.5 m apart. */
export function sampleLayout(...blocks: SampleBlock[]): SampleLayout {
  let index = 0;
  const sections = blocks.map(({ key, at, rows, seats, category = "gold", aisleAfter }) => ({
    key,
    name: `Block ${key}`,
    kind: "reserved",
    rows: Array.from({ length: rows }, (_, nthRow) => {
      const label = String.fromCharCode(65 + nthRow);
      return {
        label,
        seats: Array.from({ length: seats }, (_, nth): SampleSeat => {
          const isBeyond = aisleAfter !== undefined && nth >= aisleAfter;
          return {
            index: index++,
            label: `${key}-${label}-${nth + 1}`,
            number: String(nth + 1),
            x: at[0] + nth * SPACING.seat + (isBeyond ? SPACING.aisle : 0),
            y: at[1] + nthRow * SPACING.row,
            category,
            ...(aisleAfter === nth + 1 ? { gap_after: true } : {}),
          };
        }),
      };
    }),
  }));
  return {
    name: "Sample",
    currency: "EUR",
    seat_count: index,
    focal_point: { x: 0, y: -5 },
    categories: [
      { key: "gold", name: "Gold", colour: "#d55e00", amount: "90.00" },
      { key: "silver", name: "Silver", colour: "#0072b2", amount: "45.00" },
    ],
    bounds: { min: { x: 0, y: 0 }, max: { x: 1, y: 1 } },
    figures: [],
    sections,
  };
}
