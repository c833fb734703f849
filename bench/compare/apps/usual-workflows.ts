/**
 * The usual Temporal saga, as Temporal's own samples have it: five regular activities, and a list of
 * compensations to which each step adds its own once it has succeeded.
 */
import { log, proxyActivities } from '@temporalio/workflow';
import type { Steps } from './steps.ts';

const act = proxyActivities<Steps>({ startToCloseTimeout: '10s' });

export async function usualCheckout(id: string): Promise<string> {
  const compensations: (() => Promise<void>)[] = [];
  try {
    await act.reserveStock(id);
    compensations.unshift(() => act.releaseStock(id));
    const intentId = await act.authorizePayment(id);
    compensations.unshift(() => act.voidAuthorization(id, intentId));
    await act.capturePayment(id, intentId);
    await act.requestShipment(id);
    await act.sendReceipt(id);
    return id;
  } catch (error) {
    for (const compensate of compensations) {
      try {
        await compensate();
      } catch (failure) {
        log.error('a compensation failed', { failure });
      }
    }
    throw error;
  }
}
