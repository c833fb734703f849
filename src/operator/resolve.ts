/**
 * An operator's word on a parked step: written down first, where a reset or a second run finds it,
 * then the run is woken. A run that cannot be woken looks by itself before long, for a parked step
 * is still tried.
 */
import type { SagaClient } from '../client/ports.ts';
import { Unavailable } from '../domain/wrong.ts';
import type { Decided, Decision, OperatorsDesk } from './ports.ts';

export type Resolved = Decided & {
  /** Why the run was not woken, where it was not. */
  readonly asleep?: string;
};

export async function resolveParked(
  { desk, sagas }: { readonly desk: OperatorsDesk; readonly sagas: Pick<SagaClient, 'wakeStep'> },
  decision: Decision,
): Promise<Resolved> {
  const decided = await desk.resolve(decision);
  if (decided.state !== 'resolved') return decided;
  const { sagaId, step, action, operator } = decision;
  const { actionId, refusal } = decided;
  try {
    // Why is in the books only: it may name the customer, and Temporal keeps no personal data.
    const why = `operator action ${actionId}`;
    const code = refusal === null ? {} : { code: refusal };
    await sagas.wakeStep(sagaId, { step, action, ...code, by: operator, why });
    return decided;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return { ...decided, asleep: error.message };
  }
}
