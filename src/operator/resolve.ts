/**
 * An operator's word on a parked step: written down first, where a reset or a second run finds it,
 * then the run is woken. A run that cannot be woken looks by itself before long, for a parked step
 * is still tried.
 */
import { setTimeout as sleep } from 'node:timers/promises';
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
  const decided = await decide(desk, decision);
  if (decided.state !== 'resolved') return decided;
  const { sagaId, step, action, operator } = decision;
  try {
    // Why is in the books only: it may name the customer, and Temporal keeps no personal data.
    const why = `${action}, operator action ${decided.actionId}`;
    await sagas.wakeStep(sagaId, { step, action: 'retry', by: operator, why });
    return decided;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return { ...decided, asleep: error.message };
  }
}

// A parked step is tried once a minute; whoever meets three attempts in a row waits for nothing.
const MOST_WAITS = 3;

/** Waits for an attempt that may still do what the operator says was done by hand. */
async function decide(desk: OperatorsDesk, decision: Decision): Promise<Decided> {
  for (let wait = 1; ; wait += 1) {
    const decided = await desk.resolve(decision);
    if (decided.state !== 'under-way' || wait > MOST_WAITS) return decided;
    await sleep(decided.seconds * 1_000);
  }
}
