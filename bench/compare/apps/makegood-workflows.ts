/** makegood's engine on the peers' five steps: the checkout without makegood's books. */
import { upsertSearchAttributes } from '@temporalio/workflow';
import { participants, runSaga } from '../../../src/saga/index.ts';
import { SEARCH_ATTRIBUTES } from '../../../src/workflows/search-attributes.ts';
import type { Steps } from './steps.ts';

export function bareCheckout(id: string): Promise<string> {
  const act = participants<Steps>();
  return runSaga<string>(
    async (saga) => {
      await saga.step('reserve stock', {
        run: () => act.reserveStock(id),
        compensate: () => act.releaseStock(id),
      });
      const intentId = await saga.step('authorize payment', {
        run: () => act.authorizePayment(id),
        compensate: () => act.voidAuthorization(id, 'intent'),
      });
      const committed = await saga.pivot('capture payment', () => act.capturePayment(id, intentId));
      await committed.step('request shipment', () => act.requestShipment(id));
      await committed.step('send receipt', () => act.sendReceipt(id));
      return id;
    },
    { close: (reason) => Promise.resolve(`not done: ${reason}`) },
  );
}

/** The same with what the real checkout shows at its end: one update of search attributes. */
export async function shownCheckout(id: string): Promise<string> {
  const answer = await bareCheckout(id);
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.status, value: 'completed' },
    { key: SEARCH_ATTRIBUTES.needsOperator, value: false },
  ]);
  return answer;
}
