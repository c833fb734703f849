/**
 * Money is an integer number of minor units (cents, yen) plus an ISO 4217 currency: a bigint in
 * PostgreSQL and TypeScript, a decimal string in JSON and in workflows, never a float.
 */
export interface Money {
  readonly amountMinor: bigint;
  /** Three capital letters. */
  readonly currency: string;
}

/** The shape of money wherever JSON is spoken: `{ "value": "1999", "currency": "EUR" }`. */
export interface MoneyJson {
  readonly value: string;
  readonly currency: string;
}

/** `19.99 EUR`, `1999 JPY`: as many decimals as the currency has. */
export function inWords({ amountMinor, currency }: Money): string {
  const digits = decimalsOf(currency);
  const text = amountMinor.toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${digits === 0 ? whole : `${whole}.${text.slice(-digits)}`} ${currency}`;
}

// To ask takes as long as to write a whole receipt, and of currencies there are few.
const DECIMALS = new Map<string, number>();

function decimalsOf(currency: string): number {
  const known = DECIMALS.get(currency);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 0;
  DECIMALS.set(currency, decimals);
  return decimals;
}
