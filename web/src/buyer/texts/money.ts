import { locale } from "./locale";

/** An amount as the service writes it, such as `90.00`, for people: "€90.00". */
export function money(amount: string, currency: string): string {
  // A decimal text is formatted exactly; a number of it might not be.
  return formatter(currency).format(amount as unknown as number);
}

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(currency: string): Intl.NumberFormat {
  let found = formatters.get(currency);
  if (!found) {
    found = new Intl.NumberFormat(locale, { style: "currency", currency });
    formatters.set(currency, found);
  }
  return found;
}

/** The exact sum of decimal texts. */
export function sum(amounts: string[]): string {
  const places = Math.max(0, ...amounts.map((amount) => fraction(amount).length));
  const total = amounts.reduce((so, amount) => so + scaled(amount, places), 0n);
  const digits = String(total).padStart(places + 1, "0");
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

export function lowest(amounts: string[]): string | undefined {
  return [...amounts].sort((one, other) => Number(one) - Number(other))[0];
}

function fraction(amount: string): string {
  return amount.split(".")[1] ?? "";
}

function scaled(amount: string, places: number): bigint {
  const [whole = "0"] = amount.split(".");
  return BigInt(whole + fraction(amount).padEnd(places, "0"));
}

export function count(n: number): string {
  return new Intl.NumberFormat(locale).format(n);
}
