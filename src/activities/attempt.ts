/** The running attempt of an activity: how long it may still take, and the log line it ends with. */
import { Context } from '@temporalio/activity';
import type { OrderRef } from '../domain/order.ts';
import { orderOf } from '../domain/refund.ts';
import type { RefundRef } from '../domain/refund.ts';

interface Start {
  readonly wall: number;
  readonly steady: number;
}

const startedAt = new WeakMap<Context, Start>();

// The books take it for granted that an attempt sends nothing later than this after it has begun
// (seconds_under_way in migrations/0007), whatever its budget.
const LONGEST_ATTEMPT_MS = 10_000;

/**
 * Milliseconds until the attempt that calls this is over, by the clock that has come further: one
 * can be set back, the other stands still while the machine sleeps.
 */
export function timeLeftMs(): number {
  const context = Context.current();
  const { wall, steady } = startedAt.get(context) ?? now();
  const gone = Math.max(Date.now() - wall, performance.now() - steady);
  return Math.min(context.info.startToCloseTimeoutMs, LONGEST_ATTEMPT_MS) - gone;
}

/** Whether the step was tried before: as a local activity, which comes first, or by this one. */
export function isRepeated(): boolean {
  const { isLocal, attempt } = Context.current().info;
  return !isLocal || attempt > 1;
}

function now(): Start {
  return { wall: Date.now(), steady: performance.now() };
}

type Log = (coordinates: Readonly<Record<string, unknown>>, message: string) => void;

interface Input {
  readonly args: readonly unknown[];
}

/** One line per attempt, with the coordinates that find it again everywhere else. */
export function logAttempts(log: Log) {
  return (context: Context) => ({
    inbound: {
      async execute<I extends Input>(input: I, next: (input: I) => Promise<unknown>) {
        const started = now();
        startedAt.set(context, started);
        const end = (decision: string, detail?: string) => {
          const ref = input.args[0] as OrderRef | RefundRef;
          const { tenantId, requestId } = ref;
          const orderId = orderOf(ref);
          const { activityType: step, attempt, isLocal, workflowExecution } = context.info;
          const workflowId = workflowExecution?.workflowId;
          const ms = Math.round(performance.now() - started.steady);
          log(
            {
              requestId,
              tenantId,
              orderId,
              workflowId,
              step,
              attempt,
              isLocal,
              ms,
              decision,
              detail,
            },
            'step',
          );
        };
        try {
          const result = await next(input);
          end('done');
          return result;
        } catch (error) {
          const { type = 'Error', message } = error as { type?: string; message: string };
          end(type, message);
          throw error;
        }
      },
    },
  });
}
