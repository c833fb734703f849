/** Endpoints and their deliveries, as their tenant asks for them: one round trip each (migrations/0025). */
import type pg from 'pg';
import type { Delivery, Endpoint, WebhookStore } from '../../api/webhook-ports.ts';
import type { EndpointId } from '../../domain/webhook.ts';
import { callAs, queryAs } from './tenant.ts';

export interface Sealing {
  readonly seal: (secret: string, endpointId: string) => Buffer;
}

// A shop has a few receivers. Each one more is another row to write with every event.
const MOST_ENDPOINTS = 20;

export function createWebhookStore(tenants: pg.Pool, { seal }: Sealing): WebhookStore {
  const found = async <Found>(fn: string, tenantId: string, ...values: readonly unknown[]) =>
    (await callAs<Found | null>(tenants, fn, tenantId, ...values)) ?? undefined;
  return {
    create(tenantId, endpoint, secret) {
      const values = [JSON.stringify(endpoint), seal(secret, endpoint.id), MOST_ENDPOINTS];
      return found<Endpoint>('create_endpoint', tenantId, ...values);
    },
    list: (tenantId) => callAs<readonly Endpoint[]>(tenants, 'list_endpoints', tenantId),
    find: (tenantId, id) => found<Endpoint>('find_endpoint', tenantId, id),
    update: (tenantId, id, change) =>
      found<Endpoint>('update_endpoint', tenantId, id, JSON.stringify(change)),
    remove: async (tenantId, id) =>
      (await callAs<number>(tenants, 'delete_endpoint', tenantId, id)) > 0,
    rotate: (tenantId, id, secret, overlapSeconds) =>
      found<Endpoint>(
        'rotate_endpoint_secret',
        tenantId,
        id,
        seal(secret, id),
        `${overlapSeconds} s`,
      ),
    test: (tenantId, id) => found<Delivery>('send_test_event', tenantId, id),
    deliveries: (...asked) => listDeliveries(tenants, ...asked),
    delivery: (tenantId, id, eventId) => found<Delivery>('find_delivery', tenantId, id, eventId),
    resend: (tenantId, id, eventId) => found<Delivery>('resend_delivery', tenantId, id, eventId),
    resendFailed: (tenantId, id, since, most) =>
      found<number>('resend_failed', tenantId, id, since, most),
  };
}

interface Row {
  readonly isPlace: boolean;
  readonly data: readonly Delivery[];
}

/** Each status is a statement of its own, so that each is answered from an index. */
async function listDeliveries(
  tenants: pg.Pool,
  tenantId: string,
  id: EndpointId,
  { status }: Parameters<WebhookStore['deliveries']>[2],
  { limit, before }: Parameters<WebhookStore['deliveries']>[3],
) {
  const text = LIST.replace('THE_STATUS', status === undefined ? '' : `AND state = '${status}'`);
  const name = `list_deliveries_${status ?? 'all'}`;
  const values = [tenantId, id, limit, before ?? null] as const;
  const [row] = await queryAs<Row & pg.QueryResultRow>(tenants, name, text, [...values]);
  if (row === undefined) return 'unknown';
  return row.isPlace ? row.data : 'unknown-place';
}

const LIST = `
  SELECT
    $4::text IS NULL OR EXISTS (
      SELECT FROM webhook_delivery WHERE endpoint_id = w.id AND event_id = $4) AS "isPlace",
    (SELECT coalesce(jsonb_agg(delivery_json(page::webhook_delivery) ORDER BY event_id DESC), '[]')
     FROM (
       SELECT * FROM webhook_delivery
       WHERE endpoint_id = w.id AND event_id < coalesce($4, 'evt_~') THE_STATUS
       ORDER BY event_id DESC LIMIT $3) page) AS data
  FROM webhook_endpoint w WHERE w.id = $2 AND w.tenant_id = me.id AND w.deleted_at IS NULL`;
