/** Every answer to the gateway that the OpenAPI document describes, provoked. */
import assert from 'node:assert/strict';
import { createApp } from '../../src/api/app.ts';
import { Unavailable } from '../../src/domain/wrong.ts';
import { heldToContract } from '../api/harness.ts';
import type { Harness } from '../api/harness.ts';
import type { Request } from './contract.ts';
import { failing } from './failing.ts';
import { eventOf, signed } from './signed-events.ts';

type Send = (
  request: Request,
  app?: Pick<Harness['app'], 'request'>,
) => Promise<{ readonly what: string }>;

export async function provokeHearings(api: Harness, send: Send): Promise<void> {
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
