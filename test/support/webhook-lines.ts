/** The lines of the tenants' matrix that are about webhooks: endpoints of their own, and what is sent. */
import assert from 'node:assert/strict';
import type { Harness } from '../api/harness.ts';
import type { Holder, Line } from './matrix-line.ts';
import { ENDPOINTS } from './webhook-scene.ts';

export function linesOfWebhooks(api: Harness): readonly Line[] {
  const post = async (holder: Holder, path: string, body?: object) => {
    const init = {
      method: 'POST',
      headers: { Authorization: `Bearer ${holder.key}`, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    };
    const answer = await api.app.request(path, init);
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return (await answer.json()) as { readonly id: string; readonly eventId: string };
  };
  /** A tenant may have so many at a time: those of earlier lines go first. */
  const endpoint = async (holder: Holder) => {
    await api.pool.query(
      `UPDATE webhook_endpoint SET deleted_at = now() WHERE tenant_id = $1 AND id NOT IN (
         SELECT id FROM webhook_endpoint WHERE tenant_id = $1 AND deleted_at IS NULL
         ORDER BY id DESC LIMIT 10)`,
      [holder.id],
    );
    const { id } = await post(holder, ENDPOINTS, { url: 'https://shop.example/hooks' });
    return { id };
  };
  const delivery = async (holder: Holder) => {
    const { id } = await endpoint(holder);
    const { eventId } = await post(holder, `${ENDPOINTS}/${id}/test`);
    return { id, eventId };
  };
  const cursorOf = async (holder: Holder, path: string) => {
    const headers = { Authorization: `Bearer ${holder.key}` };
    const page = await api.app.request(`${path}?limit=1`, { headers });
    return ((await page.json()) as { nextCursor: string }).nextCursor;
  };
  return [
    {
      operation: `POST ${ENDPOINTS}`,
      own: async (holder) => {
        await endpoint(holder);
        return {};
      },
      body: () => ({ url: 'https://shop.example/hooks' }),
    },
    { operation: `GET ${ENDPOINTS}`, own: () => Promise.resolve({}) },
    { operation: `GET ${ENDPOINTS}/{id}`, own: endpoint },
    { operation: `PATCH ${ENDPOINTS}/{id}`, own: endpoint, body: () => ({ enabled: false }) },
    { operation: `DELETE ${ENDPOINTS}/{id}`, own: endpoint },
    { operation: `POST ${ENDPOINTS}/{id}/rotate-secret`, own: endpoint, body: () => ({}) },
    { operation: `POST ${ENDPOINTS}/{id}/test`, own: endpoint },
    {
      operation: `GET ${ENDPOINTS}/{id}/deliveries`,
      own: async (holder) => {
        const { id } = await delivery(holder);
        await post(holder, `${ENDPOINTS}/${id}/test`);
        return { id, cursor: await cursorOf(holder, `${ENDPOINTS}/${id}/deliveries`) };
      },
    },
    { operation: `GET ${ENDPOINTS}/{id}/deliveries/{eventId}`, own: delivery },
    { operation: `POST ${ENDPOINTS}/{id}/deliveries/{eventId}/resend`, own: delivery },
    {
      operation: `POST ${ENDPOINTS}/{id}/resend`,
      own: endpoint,
      body: () => ({ since: '2026-11-20T12:00:00Z' }),
    },
  ];
}
