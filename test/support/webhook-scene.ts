/** The API on its books, a messenger that goes at once, and receivers that write down what they get. */
import assert from 'node:assert/strict';
import type pg from 'pg';
import { createDeliveryQueue } from '../../src/adapters/postgres/delivery-queue.ts';
import { createTransport } from '../../src/adapters/webhooks/transport.ts';
import type { Loop } from '../../src/api/loop.ts';
import { createMessenger } from '../../src/api/messenger.ts';
import type { MessengerOptions } from '../../src/api/messenger.ts';
import type { EndpointId } from '../../src/domain/webhook.ts';
import { createHarness, getOf, heldToContract, orderIn, postOf, VAULT } from '../api/harness.ts';
import type { Tenant } from '../api/harness.ts';
import { createApp } from '../../src/api/app.ts';
import { bookCompleted } from './refunds.ts';

export interface EndpointBody {
  readonly id: EndpointId;
  readonly url: string;
  readonly secret: string;
  readonly status: string;
  readonly disabledReason?: string;
  readonly failingSince?: string;
  readonly previousSecretUntil?: string;
  readonly eventTypes?: readonly string[];
  readonly description?: string;
  readonly links: { readonly self: string; readonly deliveries: string };
}

export interface DeliveryBody {
  readonly eventId: string;
  readonly type: string;
  readonly status: string;
  readonly orderId?: string;
  readonly nextAttemptAt?: string;
  readonly attempts: readonly {
    readonly status?: number;
    readonly error?: string;
    readonly answer?: string;
    readonly durationMs: number;
  }[];
  readonly links: { readonly self: string };
}

export type WebhookScene = Awaited<ReturnType<typeof createWebhookScene>>;

const TOTAL = 2048n;

export async function createWebhookScene() {
  const api = await createHarness();
  // As `npm start` has it: receivers of this machine may be named.
  const transport = createTransport({ allowPrivate: true });
  const app = heldToContract(createApp({ ...api.deps, transport }));
  const queue = createDeliveryQueue(api.pool, VAULT);
  const messengers: Loop[] = [];
  const ask = async (tenant: Tenant, method: string, path: string, body?: unknown) => {
    const { headers } = body === undefined ? getOf(tenant) : postOf(tenant, { body });
    const text = body === undefined ? null : JSON.stringify(body);
    return await app.request(path, { method, headers: headers ?? {}, body: text });
  };
  const granted = async <Body>(...asked: Parameters<typeof ask>): Promise<Body> => {
    const answer = await ask(...asked);
    assert.ok(
      answer.ok,
      `${asked[1]} ${asked[2]}: ${answer.status} ${await answer.clone().text()}`,
    );
    return (await answer.json()) as Body;
  };
  return {
    ...api,
    logger: api.log,
    app,
    queue,
    transport,
    ask,
    granted,
    endpoint: (url: string, more: object = {}, tenant: Tenant = api.acme) =>
      granted<EndpointBody>(tenant, 'POST', ENDPOINTS, { url, ...more }),
    read: ({ links }: Pick<EndpointBody, 'links'>, tenant: Tenant = api.acme) =>
      granted<EndpointBody>(tenant, 'GET', links.self),
    /** Newest first. */
    log: async ({ links }: Pick<EndpointBody, 'links'>, query = '?limit=100') =>
      (await granted<{ data: readonly DeliveryBody[] }>(api.acme, 'GET', links.deliveries + query))
        .data,
    place: async (tenant: Tenant = api.acme) =>
      await orderIn(await app.request('/v1/orders', postOf(tenant))),
    /** Six events. */
    async completed(tenant: Tenant = api.acme) {
      const order = await orderIn(await app.request('/v1/orders', postOf(tenant)));
      await bookCompleted(api.book, order.id, TOTAL);
      return order;
    },
    /** Sends in this process until the scene ends, or until it is stopped. */
    messenger(options: Partial<MessengerOptions> = {}): Loop {
      const messenger = createMessenger({
        queue,
        transport,
        log: api.log,
        timeoutSeconds: 5,
        patienceDays: 5,
        scheduleSeconds: [0, 0, 0, 0],
        longestHoldMs: 0,
        everyMs: 20,
        ...options,
      });
      messengers.push(messenger);
      return messenger;
    },
    stopAll: async () => {
      await Promise.all(messengers.splice(0).map((messenger) => messenger.stop()));
    },
    async close() {
      await Promise.all(messengers.map((messenger) => messenger.stop()));
      transport.close();
      await api.close();
    },
  };
}

export const ENDPOINTS = '/v1/webhook-endpoints';

/** So many deliveries that are due, now or later, of events of nobody's orders: for what is only counted. */
export async function owe(
  pool: pg.Pool,
  {
    endpointId,
    tenantId,
    count,
    inSeconds = 0,
  }: { endpointId: string; tenantId: string; count: number; inSeconds?: number },
): Promise<void> {
  await pool.query(
    `INSERT INTO webhook_delivery (endpoint_id, event_id, tenant_id, type, next_at)
     SELECT $1, 'evt_' || replace(uuidv7()::text, '-', ''), $2, 'webhook.test',
       now() + make_interval(secs => $4)
     FROM generate_series(1, $3)`,
    [endpointId, tenantId, count, inSeconds],
  );
}
