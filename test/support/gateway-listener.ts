/** The part of an API process that the gateway speaks to, on real HTTP, with the hearer behind it. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type pg from 'pg';
import { createGatewayEvents } from '../../src/adapters/postgres/gateway-events.ts';
import { createEventReader } from '../../src/adapters/stripe/events.ts';
import type { ApiEnv } from '../../src/api/env.ts';
import { addGatewayWebhook, hearStripe } from '../../src/api/gateway-webhooks.ts';
import { createHearer } from '../../src/api/hearer.ts';
import type { HearerOptions } from '../../src/api/hearer.ts';
import { onError } from '../../src/api/problems.ts';
import { requestContext } from '../../src/api/request-context.ts';
import { listen } from '../../src/api/server.ts';
import { createLogger } from '../../src/log.ts';
import { WEBHOOK_SECRET } from '../api/harness.ts';

export async function listenToGateway(
  pool: pg.Pool,
  gatewayUrl: string,
  options: Pick<HearerOptions, 'sagas' | 'graceMs'>,
) {
  const log = createLogger({ level: 'silent', name: 'test' });
  const gatewayEvents = createGatewayEvents(pool);
  const hearer = createHearer({ ...options, events: gatewayEvents, log, everyMs: 100 });
  const app = new OpenAPIHono<ApiEnv>();
  app.onError(onError);
  app.use(requestContext(log));
  const readEvent = createEventReader({ secrets: [WEBHOOK_SECRET] });
  addGatewayWebhook(app, { readEvent, gatewayEvents, heard: hearer.hear });
  const server = await listen({ app, hostname: '127.0.0.1', port: 0 });
  const url = `${server.url}${hearStripe.path}`;
  await fetch(`${gatewayUrl}/control/webhooks`, {
    method: 'PUT',
    body: JSON.stringify({ urls: [url], secret: WEBHOOK_SECRET }),
  });
  return {
    url,
    /** How many there are of each outcome; `waits` of those that have none yet. */
    async outcomes(): Promise<Record<string, number>> {
      const { rows } = await pool.query<{ outcome: string; n: number }>(
        `SELECT coalesce(outcome, 'waits') AS outcome, count(*)::int AS n
         FROM gateway_event GROUP BY 1`,
      );
      return Object.fromEntries(rows.map(({ outcome, n }) => [outcome, n]));
    },
    /** What the gateway has still to tell. */
    async pending(): Promise<number> {
      const answer = await fetch(`${gatewayUrl}/control/webhooks`);
      return ((await answer.json()) as { pending: number }).pending;
    },
    async close() {
      await server.close();
      await hearer.stop();
    },
  };
}

export type GatewayListener = Awaited<ReturnType<typeof listenToGateway>>;
