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
