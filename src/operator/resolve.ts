/**
 * An operator's word on a parked step: written down first, where a reset or a second run finds it,
 * then the run is woken. A run that cannot be woken looks by itself before long, for a parked step
 * is still tried.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SagaClient } from '../client/ports.ts';
import { Unavailable } from '../domain/wrong.ts';
import type { Decided, Decision, OperatorsDesk, SagaId } from './ports.ts';

export type Resolved = Decided & {
  /** Why the run was not woken, where it was not. */
  readonly asleep?: string;
};

interface Deps {
  readonly desk: Pick<OperatorsDesk, 'resolve'>;
  readonly sagas: Pick<SagaClient, 'wakeStep'>;
}

/** As `resolveAtOnce`, and waits for an attempt that may still do what was said to be done by hand. */
export async function resolveParked(deps: Deps, decision: Decision): Promise<Resolved> {
  for (let wait = 1; ; wait += 1) {
    const resolved = await resolveAtOnce(deps, decision);
    if (resolved.state !== 'under-way' || wait > MOST_WAITS) return resolved;
    await sleep(resolved.seconds * 1_000);
  }
}

// A parked step is tried once a minute; whoever meets three attempts in a row waits for nothing.
const MOST_WAITS = 3;

export async function resolveAtOnce({ desk, sagas }: Deps, decision: Decision): Promise<Resolved> {
  const decided = await desk.resolve(decision);
  if (decided.state !== 'resolved') return decided;
  const asleep = await wake(sagas, { ...decision, actionId: decided.actionId });
  return asleep === undefined ? decided : { ...decided, asleep };
}

interface Written extends Pick<Decision, 'step' | 'action' | 'operator'> {
  readonly sagaId: SagaId;
  readonly actionId: number;
}

/** Tells the run of what is written down; answers why that was not possible, where it was not. */
export async function wake(sagas: Deps['sagas'], written: Written): Promise<string | undefined> {
  const { sagaId, step, action, operator, actionId } = written;
  try {
    // Why is in the books only: it may name the customer, and Temporal keeps no personal data.
    const why = `${action}, operator action ${actionId}`;
    await sagas.wakeStep(sagaId, { step, action: 'retry', by: operator, why });
    return undefined;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return error.message;
  }
}
