/** The next release: its checkout waits a moment first, so that no history of today's replays on it. */
import { sleep } from '@temporalio/workflow';
import { checkout as today } from '../../src/workflows/checkout.ts';
import type { CheckoutInput, CheckoutResult } from '../../src/workflows/contract.ts';

export async function checkout(input: CheckoutInput): Promise<CheckoutResult> {
  await sleep(1);
  return await today(input);
}
