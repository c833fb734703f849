/**
 * The activities of the sagas, made from what they need of the world. Every one may run twice,
 * also at the same moment: gate, barrier and stored references make a repeat answer what the first
 * run did.
 */
import type { EndReason, OrderRef } from '../domain/order.ts';
import type { RefundRef } from '../domain/refund.ts';
import { Pending, Refusal, Unavailable } from '../domain/wrong.ts';
import { bug, pending, refusal, unavailable } from '../saga/wrong.ts';
import { captureLater } from './capture-later.ts';
import { inventory } from './inventory.ts';
import { notifications } from './notifications.ts';
import { payments } from './payments.ts';
import type { Deps, ParkedStep } from './ports.ts';
import { reconciling } from './reconcile.ts';
import type { ReconcileDeps, SettlementBook } from './reconcile-ports.ts';
import { refunds } from './refunds.ts';
import { settlement } from './settlement.ts';
import { shipping } from './shipping.ts';
import { vouchers } from './vouchers.ts';

export type Activities = ReturnType<typeof createActivities>;

export function createActivities(deps: Deps) {
  return withFailures({
    ...vouchers(deps),
    ...inventory(deps),
    ...payments(deps),
    ...shipping(deps),
    ...captureLater(deps),
    ...notifications(deps),
    ...refunds(deps),
    beginUnwind: ({ id }: OrderRef, reason: string) =>
      deps.book.beginUnwind(id, reason as EndReason),
    closeOrder: ({ id }: OrderRef) => deps.book.closeOrder(id),
    callOperator: (ref: OrderRef | RefundRef, parked: ParkedStep) =>
      deps.book.parkStep(ref, parked),
  });
}

export type ReconcileActivities = ReturnType<typeof createReconcileActivities>;

export function createReconcileActivities(
  reconciler: ReconcileDeps,
  settler: Deps & { readonly settlements: SettlementBook },
) {
  return withFailures({ ...reconciling(reconciler), ...settlement(settler) });
}

type Table = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** The engine tells three kinds of wrong apart by their failure: this is where they get it. */
function withFailures<A extends Table>(activities: A): A {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    (...args: Parameters<typeof activity>) =>
      activity(...args).catch((error: unknown) => {
        throw asFailure(error);
      }),
  ]);
  return Object.fromEntries(wrapped) as A;
}

function asPending({ message, againMs, until }: Pending): Error {
  return pending(message, againMs, until?.getTime());
}

function asFailure(error: unknown): Error {
  if (error instanceof Refusal) return refusal(error.code, error.message);
  if (error instanceof Pending) return asPending(error);
  if (error instanceof Unavailable) {
    return unavailable(error.message, error, error.retryAfterMs);
  }
  return bug(error);
}
