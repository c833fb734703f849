/** What a bad release may do: a checkout that throws, and one that ends with its order open. */
import type { CheckoutInput } from '../../src/workflows/contract.ts';

export async function checkout({ order }: CheckoutInput): Promise<void> {
  await Promise.resolve();
  if (order.lines.some(({ sku }) => sku === 'BROKEN')) throw new Error('broken on purpose');
}
