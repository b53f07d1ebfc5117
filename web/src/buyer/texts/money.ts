import { formatMoney } from "../../money";
import { locale } from "./locale";

export function money(amount: string, currency: string): string {
  return formatMoney(amount, currency, locale);
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
