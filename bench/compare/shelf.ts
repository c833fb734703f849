/** What is sold: enough of everything, and enough kinds that no row of stock is a hot one. */

const KINDS = 100;

export const UNITS = 1_000_000;

export const SKUS: readonly string[] = Array.from({ length: KINDS }, (_, n) => `bench-${n}`);

/** Each order is of one unit; which it is follows from the number that its ID ends in. */
export function skuOf(orderId: string): string {
  return `bench-${Number(/\d+$/.exec(orderId)?.[0] ?? 0) % KINDS}`;
}
