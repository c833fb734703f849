/** Asking for refunds, and reading them, over HTTP. */
import type { OpenAPIHono, z } from '@hono/zod-openapi';
import { typeid } from 'typeid-js';
import type { RefundId } from '../domain/refund.ts';
import type { ApiEnv } from './env.ts';
import { claimOf, pastKey } from './idempotency.ts';
import { linesNaming, orderIdOf } from './orders.ts';
import type { NewRefund, Notifier, RefundAnswer, RefundStore } from './ports.ts';
import { invalid, Problem } from './problems.ts';
import * as routes from './refund-routes.ts';
import type { refundRequest } from './refund-schemas.ts';
import { orderPath, refundPath, showAcceptedRefund } from './representations.ts';
import { showArchivedRefund, showRefund } from './representations.ts';
import type { SagaCalls } from './saga-calls.ts';
import { createTurns } from './turns.ts';

export interface RefundDeps {
  readonly refunds: RefundStore;
  readonly touched: Notifier['touched'];
  readonly sagaCalls: SagaCalls;
}

export function addRefundRoutes(app: OpenAPIHono<ApiEnv>, deps: RefundDeps): void {
  const { refunds, touched, sagaCalls } = deps;
  const inTurn = createTurns();

  app.openapi(routes.requestRefund, async (c) => {
    const orderId = orderIdOf(c, c.req.valid('param').id);
    const claim = claimOf(c, `POST ${orderPath(orderId)}/refunds`, c.var.body);
    const wanted = newRefund(c.req.valid('json'), c.var.requestId);
    const asked = await inTurn(claim, () => refunds.request(claim, orderId, wanted));
    const answer = mustBeGranted(pastKey(asked), wanted);
    const ref = answer.state === 'archived' ? { id: answer.id, orderId } : answer.refund.facts;
    c.header('Location', refundPath(ref));
    if (answer.state === 'requested') touched(orderId);
    else c.header('Idempotent-Replayed', 'true');
    if (answer.state === 'archived') return c.json(showArchivedRefund(ref), 200);
    const { facts } = answer.refund;
    if (answer.state === 'requested' || !answer.started) sagaCalls.startRefund(facts);
    return c.json(showAcceptedRefund(answer.refund), 202);
  });

  app.openapi(routes.getRefund, async (c) => {
    const { id, refundId } = c.req.valid('param');
    const orderId = orderIdOf(c, id);
    if (!REFUND_ID.test(refundId)) throw new Problem('not-found');
    const found = await refunds.find(c.var.principal.tenantId, orderId, refundId as RefundId);
    if (found === undefined) throw new Problem('not-found');
    return c.json(showRefund(found), 200, { 'Cache-Control': 'private, no-cache' });
  });
}

const REFUND_ID = /^rfd_[0-9a-z]{26}$/;

export function newRefund(body: z.output<typeof refundRequest>, requestId: string): NewRefund {
  return { id: typeid('rfd').toString(), requestId, ...body };
}

type Accepted = Extract<RefundAnswer, { state: 'requested' | 'replayed' | 'archived' }>;

type Decided = ReturnType<typeof pastKey<RefundAnswer>>;

export function mustBeGranted(answer: Decided, wanted: NewRefund): Accepted {
  const { state } = answer;
  const isAccepted = state === 'requested' || state === 'replayed' || state === 'archived';
  if (isAccepted) return answer;
  throw refusalOf(answer, wanted);
}

function refusalOf(answer: Exclude<Decided, Accepted>, { lines = [] }: NewRefund): Problem {
  switch (answer.state) {
    case 'unknown':
      return new Problem('not-found');
    case 'in-progress':
      return new Problem('order-in-progress');
    case 'wrong-currency':
      return invalid({ field: 'amount.currency', detail: 'The order has another currency.' });
    case 'unknown-sku':
      return new Problem('unknown-sku', {
        detail: 'The order has no line of that SKU.',
        errors: linesNaming(answer.skus, lines, 'The order has no such line.'),
      });
    case 'exceeds-captured':
      return new Problem('amount-exceeds-captured', { members: { refundable: answer.refundable } });
    case 'exceeds-lines':
      return new Problem('lines-exceed-order', {
        errors: linesNaming(answer.skus, lines, 'Fewer than that are left to refund.'),
        members: { skus: answer.skus },
      });
  }
}
