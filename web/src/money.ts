/**
 * An amount as the service writes it, such as `90.00`, for people: "€90.00". All its decimal places are
 * shown: `Intl` has fewer than ISO 4217 for some currencies, and would round what is charged.
 */
export function formatMoney(amount: string, currency: string, locale?: string): string {
  const places = amount.split(".")[1]?.length ?? 0;
  // A decimal text is formatted exactly; a number of it might not be.
  return formatter(currency, places, locale).format(amount as unknown as number);
}

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(currency: string, places: number, locale?: string): Intl.NumberFormat {
  const key = `${locale} ${currency} ${places}`;
  let found = formatters.get(key);
  if (!found) {
    const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
    found = new Intl.NumberFormat(locale, { style: "currency", currency, ...digits });
    formatters.set(key, found);
  }
  return found;
}
