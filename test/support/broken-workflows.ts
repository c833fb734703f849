/** What a bad release may do: a saga that throws, one that fails, and one that ends with all open. */
import { ApplicationFailure } from '@temporalio/workflow';
import type { CheckoutInput, RefundInput } from '../../src/workflows/contract.ts';

export async function checkout({ order }: CheckoutInput): Promise<void> {
  await Promise.resolve();
  const skus = order.lines.map(({ sku }) => sku);
  if (skus.includes('BROKEN')) throw new Error('broken on purpose');
  if (skus.includes('FAILING')) throw ApplicationFailure.nonRetryable('failed on purpose');
}

export async function refund({ refund }: RefundInput): Promise<void> {
  await Promise.resolve();
  if (refund.amountMinor === BROKEN_AMOUNT) throw new Error('broken on purpose');
}

export const BROKEN_AMOUNT = '500';
