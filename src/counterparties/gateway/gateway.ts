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
import { newsOf } from './sender.ts';
import type { Endpoint, GatewayNews } from './sender.ts';
import { createGatewayState } from './state.ts';
import { openWebhooks } from './webhooks.ts';

// What Stripe promises for its API v1: keys may be pruned after a day.
const DAY_MS = 24 * 60 * 60 * 1000;

export async function startGateway({
  port = 0,
  host,
  bookFile,
  keyRetentionMs = DAY_MS,
  authorizationMs = 7 * DAY_MS,
  now = Date.now,
  webhook,
}: {
  port?: number;
  host?: string | undefined;
  bookFile: string;
  keyRetentionMs?: number;
  /** How long money is held that nobody captures. */
  authorizationMs?: number;
  now?: () => number;
  /** Whom it tells of its events; nobody, until somebody is named over the control endpoint. */
  webhook?: Endpoint | undefined;
}): Promise<StandIn> {
  const state = createGatewayState();
  const keys = createKeys(keyRetentionMs, now);
  const faults = createFaultPlan(REPERTOIRE);
  const webhooks = await openWebhooks({
    bookFile: bookFile.replace(/(\.\w+)?$/, '-events$1'),
    endpoint: webhook,
    faults,
    now,
  });
  const told: GatewayNews[] = [];
  const book = await openBook<GatewayEffect, GatewayRequest>(bookFile, (effects, request) => {
    for (const effect of effects) told.push(newsOf(effect, state.apply(effect)));
    faults.restore(request.operation, request.fault);
    const { key, path, params, status, answer } = request;
    if (key === null || status === null || answer === null) return;
    keys.restore(key, path, params, Date.parse(request.at), { status, body: answer });
  });
  const gateway = { state, keys, book, faults, webhooks, now, authorizationMs };
  const server = await listen(gatewayApp(gateway), { port, host });
  webhooks.resume(told.splice(0));
  return {
    url: server.url,
    async close() {
      faults.close();
      await webhooks.close();
      await server.close();
      await book.close();
    },
  };
}
