/** The worker's activities with failpoints: around each of them, and around every call they make. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Context } from '@temporalio/activity';
import { createActivities as create } from '../../../src/activities/index.ts';
import type { Activities } from '../../../src/activities/index.ts';
import type { Deps } from '../../../src/activities/ports.ts';
import type { OrderRef } from '../../../src/domain/order.ts';
import { orderOf } from '../../../src/domain/refund.ts';
import type { RefundRef } from '../../../src/domain/refund.ts';
import { cross } from './crossing.ts';
import type { Crossing } from './crossing.ts';
import { wrapped } from './wrapped.ts';

// Of no order, so no failpoint is theirs.
export { createReconcileActivities } from '../../../src/activities/index.ts';

type Acting = Omit<Crossing, 'at' | 'pid'>;

const acting = new AsyncLocalStorage<Acting>();

/** Mails of the outbox are sent by no activity: nobody stops there. */
async function crossIn(at: string): Promise<void> {
  const act = acting.getStore();
  if (act !== undefined) await cross({ ...act, at });
}

export function createActivities({ book, gateway, carrier, mailer, timeLeftMs }: Deps): Activities {
  const around = <Port extends object>(name: string, port: Port) =>
    wrapped(port, (method) => ({
      before: () => crossIn(`before ${name}.${method}`),
      after: () => crossIn(`after ${name}.${method}`),
    }));
  const activities = create({
    book: around('book', book),
    gateway: around('gateway', gateway),
    carrier: around('carrier', carrier),
    mailer: around('mailer', mailer),
    timeLeftMs,
  });
  return Object.fromEntries(
    Object.entries(activities).map(([act, activity]) => [act, inside(act, activity as Activity)]),
  ) as unknown as Activities;
}

type Activity = (ref: OrderRef | RefundRef, ...rest: unknown[]) => Promise<unknown>;

function inside(act: string, activity: Activity): Activity {
  return (ref, ...rest) => {
    const { isLocal, attempt } = Context.current().info;
    const who = { act, orderId: orderOf(ref), requestId: ref.requestId, isLocal, attempt };
    return acting.run(who, async () => {
      try {
        await crossIn('begin');
        return await activity(ref, ...rest);
      } finally {
        await crossIn('end');
      }
    });
  };
}
