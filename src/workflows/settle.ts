/**
 * Settles one difference between the books. It has one step and no way back; where the books say that the
 * money is not ours to give back, or not any more, it is left to operators.
 */
import type { ReconcileActivities } from '../activities/index.ts';
import { participants, runSaga } from '../saga/index.ts';
import type { SettleInput, SettleResult } from './contract.ts';

export function settle({ id, budgets }: SettleInput): Promise<SettleResult> {
  const act = participants<ReconcileActivities>(budgets);
  const ref = { id, tenantId: 'all', requestId: id };
  return runSaga<SettleResult>(
    async (saga) => {
      await saga.pivot('settle the difference', () => act.settleDifference(ref));
      return { status: 'settled' };
    },
    {
      beginUnwind: () => act.settleGate(ref),
      close: () => Promise.resolve({ status: 'left' as const }),
      callOperator: (parked) => act.noteSettlingTrouble(ref, parked),
    },
  );
}
