/**
 * The payment gateway's stand-in: the Stripe endpoints a shop uses, over HTTP, with Stripe's
 * rules, idempotency keys and a book of its own. Plays the bank as well, by test payment method.
 */
import { openBook } from '../book.ts';
import { createFaultPlan } from '../plan.ts';
import { listen, type StandIn } from '../server.ts';
import { createKeys } from './keys.ts';
import type { GatewayEffect, GatewayRequest } from './model.ts';
import { REPERTOIRE } from './repertoire.ts';
import { gatewayApp } from './routes.ts';
import { createGatewayState } from './state.ts';

// What Stripe promises for its API v1: keys may be pruned after a day.
const DAY_MS = 24 * 60 * 60 * 1000;

export async function startGateway({
  port = 0,
  host,
  bookFile,
  keyRetentionMs = DAY_MS,
  now = Date.now,
}: {
  port?: number;
  host?: string | undefined;
  bookFile: string;
  keyRetentionMs?: number;
  now?: () => number;
}): Promise<StandIn> {
  const state = createGatewayState();
  const keys = createKeys(keyRetentionMs, now);
  const faults = createFaultPlan(REPERTOIRE);
  const book = await openBook<GatewayEffect, GatewayRequest>(bookFile, (effects, request) => {
    for (const effect of effects) state.apply(effect);
    faults.restore(request.operation, request.fault);
    const { key, path, params, status, answer } = request;
    if (key === null || status === null || answer === null) return;
    keys.restore(key, path, params, Date.parse(request.at), { status, body: answer });
  });
  const server = await listen(gatewayApp({ state, keys, book, faults, now }), { port, host });
  return {
    url: server.url,
    async close() {
      faults.close();
      await server.close();
      await book.close();
    },
  };
}
