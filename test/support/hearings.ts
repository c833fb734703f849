/** Every answer about news of a payment that the OpenAPI document describes, provoked. */
import assert from 'node:assert/strict';
import { createApp } from '../../src/api/app.ts';
import { Unavailable } from '../../src/domain/wrong.ts';
import { heldToContract, newKey, orderIn, postOf, validBody } from '../api/harness.ts';
import type { Harness } from '../api/harness.ts';
import type { Request } from './contract.ts';
import { failing } from './failing.ts';
import { eventOf, signed } from './signed-events.ts';

type Send = (
  request: Request,
  app?: Pick<Harness['app'], 'request'>,
) => Promise<{ readonly what: string }>;

export async function provokeNews(api: Harness, send: Send): Promise<void> {
  await provokeHearings(api, send);
  await provokeReturns(api, send);
}

async function provokeHearings(api: Harness, send: Send): Promise<void> {
  const full = { enter: () => 'requests' as const, stop: () => undefined, inFlight: 0 };
  const bug = failing(api, new Error('a bug'));
  const down = failing(api, new Unavailable('PostgreSQL is down'));
  for (const [event, deps, expected] of [
    [eventOf(), undefined, '200'],
    [{ ...eventOf(), type: '' }, undefined, '400 /problems/invalid-request'],
    [{ ...eventOf(), note: ' '.repeat(262_144) }, undefined, '413 /problems/body-too-large'],
    [eventOf(), { ...bug, load: full }, '503 /problems/overloaded'],
    [eventOf(), down, '503 /problems/temporarily-unavailable'],
    [eventOf(), bug, '500 /problems/internal'],
  ] as const) {
    const app = deps === undefined ? api.app : heldToContract(createApp(deps));
    const { what } = await send(['/v1/webhooks/stripe', signed(event)], app);
    assert.equal(what, `hearStripe ${expected}`);
  }
}

/** Of the hint that a customer is back from their bank; what all routes refuse is refused elsewhere. */
async function provokeReturns(api: Harness, send: Send): Promise<void> {
  const placing = postOf(api.acme, { key: newKey(), body: validBody() });
  const { id } = await orderIn(await api.app.request('/v1/orders', placing));
  for (const [body, expected] of [
    [null, '202'],
    ['{}', '400 /problems/invalid-request'],
    [' '.repeat(65_537), '413 /problems/body-too-large'],
  ] as const) {
    const back: Request = [`/v1/orders/${id}/payment/return`, { ...postOf(api.acme, {}), body }];
    assert.equal((await send(back)).what, `returnFromPayment ${expected}`);
  }
}
