/** How the database functions of a step answer, and how that becomes what the activities know. */
import type pg from 'pg';
import type { Begun, Recorded, StepResult } from '../../activities/ports.ts';
import type { RefusalCode } from '../../domain/order.ts';
import type { MoneyJson } from '../../domain/money.ts';
import { call } from './pool.ts';

export async function beginStep<Work>(
  pool: pg.Pool,
  fn: string,
  ...values: unknown[]
): Promise<Begun<Work>> {
  return parse<Work>(await call<Answer>(pool, fn, ...values));
}

/** The last transaction of a step, which leaves nothing open. */
export async function recordStep(
  pool: pg.Pool,
  fn: string,
  ...values: unknown[]
): Promise<Recorded> {
  return recorded(fn, await call<Answer>(pool, fn, ...values));
}

export function recorded(fn: string, answer: Answer): Recorded {
  const parsed = parse<never>(answer);
  if (parsed.state === 'open') throw new Error(`bug: ${fn} left its step open`);
  return parsed;
}

export type Answer =
  | { readonly state: 'done'; readonly result: StepResult }
  | { readonly state: 'refused'; readonly code: RefusalCode; readonly detail: string }
  | { readonly state: 'open'; readonly work: Readonly<Record<string, unknown>> };

/** Two shapes of JSON become ours on the way in: money and moments. */
function parse<Work>(answer: Answer): Begun<Work> {
  if (answer.state !== 'open') return answer;
  const { amount, requestedAt, until, intentId, ...rest } = answer.work as {
    amount?: MoneyJson;
    requestedAt?: string;
    until?: string;
    intentId?: string | null;
  };
  const work = {
    ...rest,
    ...(amount && { amount: { amountMinor: BigInt(amount.value), currency: amount.currency } }),
    ...(requestedAt && { requestedAt: new Date(requestedAt) }),
    ...(until && { until: new Date(until) }),
    ...(intentId && { intentId }),
  };
  return { state: 'open', work: work as Work };
}
