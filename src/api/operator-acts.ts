/** What operators do over HTTP. Each act is written down with who and why before anybody is told. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { SagaClient } from '../client/ports.ts';
import type { Decision } from '../operator/ports.ts';
import { resolveAtOnce } from '../operator/resolve.ts';
import type { Resolved } from '../operator/resolve.ts';
import type { ApiEnv } from './env.ts';
import { claimOf, pastKey } from './idempotency.ts';
import type { OperationsDesk } from './operator-ports.ts';
import { sagaIdOf } from './operator-views.ts';
import * as routes from './operator-act-routes.ts';
import { showOperatorCancelled, showOperatorRefund, showRetry } from './operations-shown.ts';
import { storyPath } from './operations-shown.ts';
import { mustBeCancelled, orderIdOf } from './orders.ts';
import type { Notifier } from './ports.ts';
import { invalid, Problem } from './problems.ts';
import { mustBeGranted, newRefund } from './refunds.ts';
import type { SagaCalls } from './saga-calls.ts';

export interface ActDeps {
  readonly desk: OperationsDesk;
  readonly sagas: Pick<SagaClient, 'wakeStep'>;
  readonly sagaCalls: Pick<SagaCalls, 'cancel' | 'startRefund'>;
  readonly touched: Notifier['touched'];
}

export function addActRoutes(app: OpenAPIHono<ApiEnv>, deps: ActDeps): void {
  const { desk, sagaCalls, touched } = deps;

  app.openapi(routes.resolveStep, async (c) => {
    const { id, step } = c.req.valid('param');
    const sagaId = sagaIdOf(id);
    // No step has such a name, and the database takes no NUL.
    if (!/^[a-z ]{1,60}$/.test(step)) throw new Problem('step-not-parked');
    const decision = { ...c.req.valid('json'), sagaId, step, operator: operatorOf(c) };
    const { actionId, orderId, asleep } = mustBeResolved(await resolveAtOnce(deps, decision));
    c.set('orderId', orderId);
    touched(orderId);
    if (asleep !== undefined) c.var.log.warn({ orderId, detail: asleep }, 'the run was not woken');
    const links = { order: storyPath(orderId) };
    return c.json({ operatorActionId: actionId, woken: asleep === undefined, links }, 200);
  });

  app.openapi(routes.retryCause, async (c) => {
    const { cause, why } = c.req.valid('json');
    const retry = await desk.retryCause(cause, { operator: operatorOf(c), why });
    if (retry === undefined) throw routes.nothingParked();
    const shown = showRetry(retry);
    c.header('Location', shown.links.self);
    return c.json(shown, 202);
  });

  app.openapi(routes.cancelForOperator, async (c) => {
    const id = orderIdOf(c, c.req.valid('param').id);
    const claim = claimOf(c, `POST ${storyPath(id)}/cancel`, c.var.body);
    const by = { ...c.req.valid('json'), operator: operatorOf(c) };
    const answer = pastKey(await desk.cancel(claim, id, by));
    const { state } = mustBeCancelled(answer, `${storyPath(id)}/refunds`);
    if (state !== 'cancelled') c.header('Idempotent-Replayed', 'true');
    sagaCalls.cancel(id);
    return c.json(showOperatorCancelled(id), 202);
  });

  app.openapi(routes.refundForOperator, async (c) => {
    const id = orderIdOf(c, c.req.valid('param').id);
    const claim = claimOf(c, `POST ${storyPath(id)}/refunds`, c.var.body);
    const { why, ...body } = c.req.valid('json');
    const wanted = newRefund(body, c.var.requestId);
    const by = { why, operator: operatorOf(c) };
    const answer = mustBeGranted(pastKey(await desk.refund(claim, id, wanted, by)), wanted);
    if (answer.state === 'requested') touched(id);
    else c.header('Idempotent-Replayed', 'true');
    if (answer.state === 'archived') return c.json(showOperatorRefund(answer.id, id), 202);
    const { facts } = answer.refund;
    if (answer.state === 'requested' || !answer.started) sagaCalls.startRefund(facts);
    return c.json(showOperatorRefund(facts.id, id), 202);
  });
}

export function operatorOf(c: Context<ApiEnv>): Decision['operator'] {
  const { operator } = c.var.principal;
  if (operator === undefined) throw new Error('bug: the scope operations without an operator');
  return operator;
}

function mustBeResolved(resolved: Resolved): Extract<Resolved, { state: 'resolved' }> {
  switch (resolved.state) {
    case 'resolved':
      return resolved;
    case 'unknown':
      throw new Problem('not-found');
    case 'not-parked':
      throw new Problem('step-not-parked');
    case 'under-way':
      throw new Problem('attempt-under-way', {
        headers: { 'Retry-After': resolved.seconds.toString() },
      });
    case 'not-a-choice':
      throw invalid({ field: 'action', detail: `Must be of ${resolved.choices.join(', ')}.` });
    case 'incomplete':
      throw invalid({ field: resolved.missing, detail: 'This field is required.' });
  }
}
