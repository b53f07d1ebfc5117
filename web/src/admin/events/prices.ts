/** As the service's limit. */
const AMOUNT_MAX = 10_000_000;

export type Amount =
  { amount: string; mistake?: undefined } | { amount?: undefined; mistake: string };

/** Currencies that have not two decimal places, as the service has them from ISO 4217. */
const CURRENCIES_BY_PLACES: Record<number, string> = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
};

const PLACES = new Map(
  Object.entries(CURRENCIES_BY_PLACES).flatMap(([places, currencies]) => {
    return currencies.split(" ").map((currency) => [currency, Number(places)] as const);
  }),
);

/** Decimal places that a currency has: two for the euro, none for the yen. */
export function placesOf(currency: string): number {
  return PLACES.get(currency) ?? 2;
}

/** Reads a price as people write it, with a comma or a point, into the decimal text that is sent. */
export function readAmount(typed: string, currency: string): Amount {
  const text = typed.trim().replace(/[\s\u00a0\u202f'’]/g, "");
  if (text === "") return { mistake: "Please give a price; 0 is free." };
  if (/^[-−]/.test(text)) return { mistake: "A price is not negative." };
  const parts = /^(\d+)(?:[.,](\d*))?$/.exec(text) ?? /^()[.,](\d+)$/.exec(text);
  if (!parts) return { mistake: "Please write a price such as 49.50." };
  const whole = (parts[1] ?? "").replace(/^0+(?=\d)/, "") || "0";
  // "1,200" is no price in euros: nobody knows which of two prices was meant.
  return inCurrency(whole, parts[2] ?? "", currency);
}

function inCurrency(whole: string, fraction: string, currency: string): Amount {
  const places = placesOf(currency);
  if (fraction.length > places) {
    const sentence = `${currency} has ${places === 0 ? "no" : places} decimal places.`;
    return { mistake: sentence };
  }
  const amount = places === 0 ? whole : `${whole}.${fraction.padEnd(places, "0")}`;
  if (Number(amount) > AMOUNT_MAX) return { mistake: "A price is at most 10 million." };
  return { amount };
}

/** What the house takes when every seat is sold, or nothing while a price is missing. */
export function takings(
  seatCounts: Record<string, number>,
  amounts: Record<string, string | undefined>,
): number | undefined {
  let sum = 0;
  for (const [category, seatCount] of Object.entries(seatCounts)) {
    const amount = amounts[category];
    if (amount === undefined) return undefined;
    sum += seatCount * Number(amount);
  }
  return sum;
}
