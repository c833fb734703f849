/** The running attempt of an activity: how long it may still take, and the log line it ends with. */
import { Context } from '@temporalio/activity';
import type { OrderRef } from '../domain/order.ts';
import { orderOf } from '../domain/refund.ts';
import type { RefundRef } from '../domain/refund.ts';

const startedAt = new WeakMap<Context, number>();

/** Milliseconds until the engine stops waiting for the attempt that calls this. */
export function timeLeftMs(): number {
  const context = Context.current();
  const started = startedAt.get(context) ?? Date.now();
  return context.info.startToCloseTimeoutMs - (Date.now() - started);
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
        const started = Date.now();
        startedAt.set(context, started);
        const end = (decision: string, detail?: string) => {
          const ref = input.args[0] as OrderRef | RefundRef;
          const { tenantId, requestId } = ref;
          const orderId = orderOf(ref);
          const { activityType: step, attempt, isLocal, workflowExecution } = context.info;
          const workflowId = workflowExecution?.workflowId;
          const ms = Date.now() - started;
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
