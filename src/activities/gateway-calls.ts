/** What every call to the gateway has: a key of the business, a budget, and an answer to be checked. */
import { gatewayKey, GATEWAY_KEY_RETENTION_MS } from '../domain/keys.ts';
import type { GatewayOperation } from '../domain/keys.ts';
import type { Money } from '../domain/money.ts';
import type { OrderId } from '../domain/order.ts';
import type { Deps, GatewayCall, GatewayRefund, RefundWork } from './ports.ts';
import { callBudget } from './step.ts';

export function keyed(
  deps: Deps,
  sagaId: string,
  operation: GatewayOperation,
  n: number,
): GatewayCall {
  return { key: gatewayKey(sagaId, operation, n), ...callBudget(deps) };
}

/** An answer about other money is no answer: nothing is decided on it. */
export function requireMoney(wanted: Money, got: Money, what: string): void {
  if (got.amountMinor === wanted.amountMinor && got.currency === wanted.currency) return;
  throw new Error(`${what} ${wordsOf(got)} where ${wordsOf(wanted)} was asked for`);
}

function wordsOf({ amountMinor, currency }: Money): string {
  return `${amountMinor} ${currency}`;
}

// The margin covers clocks that differ and a call that is under way.
const RESEND_WITHIN_MS = 0.8 * GATEWAY_KEY_RETENTION_MS;

/** Past the gateway's key memory a refund is looked up, never sent again. */
export async function refundAtGateway(
  deps: Deps,
  { sagaId, orderId }: { readonly sagaId: string; readonly orderId: OrderId },
  { intentId, amount, n, repeated, requestedAt }: RefundWork,
): Promise<GatewayRefund> {
  // Each call has a budget of its own: the first may have taken all the time there was.
  const call = () => keyed(deps, sagaId, 'refund', n);
  const found = repeated ? await deps.gateway.findRefund(intentId, call()) : undefined;
  if (repeated) deps.lookedUp?.('refund', found === undefined ? 'not done' : 'done');
  if (found !== undefined) return found;
  if (Date.now() - requestedAt.getTime() > RESEND_WITHIN_MS) {
    const key = gatewayKey(sagaId, 'refund', n);
    throw new Error(`the refund ${key} is not at the gateway, and too old to be sent again`);
  }
  return await deps.gateway.refundIntent({ intentId, orderId, amount }, call());
}
