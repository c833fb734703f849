/** docs/event-examples.md, held to events that the books have written and the API has shown. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createOperatorsDesk } from '../../src/adapters/postgres/operators-desk.ts';
import { EVENT_TYPES } from '../../src/domain/event.ts';
import type { OrderId } from '../../src/domain/order.ts';
import type { RefundId } from '../../src/domain/refund.ts';
import { createHarness, getOf, newKey, orderIn, postOf, shelveMugs } from '../api/harness.ts';
import { validBody } from '../api/harness.ts';
import type { Harness } from '../api/harness.ts';
import { bookAsked, bookCompleted, bookPaid, euros } from '../support/refunds.ts';
import { bookHeld, bookPart } from '../support/shipments.ts';

const TOTAL = 2998n;

interface ShownEvent {
  readonly type: string;
}

describe('docs/event-examples.md', () => {
  let api: Harness;
  let examples: readonly ShownEvent[];
  before(async () => {
    api = await createHarness();
    await shelveMugs(api.pool, api.acme, 500);
    const page = new URL('../../docs/event-examples.md', import.meta.url);
    examples = examplesIn(await readFile(page, 'utf8'));
  });
  after(() => api.close());

  it('has an example of every type that anything in the database writes, and of no other', async () => {
    const written = await typesWritten(api);
    assert.deepEqual(written, EVENT_TYPES.toSorted());
    assert.deepEqual(examples.map(({ type }) => type).sort(), written);
  });

  it('shows them as they are', async () => {
    const ends = [await rejected(), await cancelled(), await shipped()];
    const others = [await parked(), await asked(), ...ends];
    const story = [await refunded(), ...others].flat();
    for (const example of examples) {
      const real = story.find(({ type }) => type === example.type);
      assert.deepEqual(alike(example), alike(real));
    }
  });

  const place = async (): Promise<OrderId> => {
    const body = { ...validBody(), lines: [{ sku: 'mug', quantity: 2 }] };
    return (await orderIn(await api.app.request('/v1/orders', postOf(api.acme, { body })))).id;
  };
  const eventsOf = async (id: OrderId): Promise<readonly ShownEvent[]> => {
    const answer = await api.app.request(`/v1/orders/${id}/events?limit=100`, getOf(api.acme));
    return ((await answer.json()) as { data: readonly ShownEvent[] }).data;
  };
  const ask = async (orderId: OrderId, body: object) => {
    const path = `/v1/orders/${orderId}/refunds`;
    const answer = await api.app.request(path, postOf(api.acme, { body }));
    const { id } = (await answer.json()) as { id: RefundId };
    return { id, orderId, tenantId: api.acme.id, requestId: 'req_1' };
  };
  const ofGateway = (id: RefundId, value: bigint, status: 'succeeded' | 'failed') =>
    ({ id: `re_${id}`, status, amount: { amountMinor: value, currency: 'EUR' } }) as const;

  /** The smooth way, then a refund that fails, one in part, and the rest. */
  const refunded = async () => {
    const id = await place();
    await bookCompleted(api.book, id, TOTAL);
    const failing = await ask(id, { amount: euros('500') });
    await api.book.openRefund(failing.id);
    await api.book.recordRefundFailed(failing, ofGateway(failing.id, 500n, 'failed'));
    for (const value of [500n, TOTAL - 500n]) {
      const paying = await ask(id, { amount: euros(value.toString()) });
      await api.book.openRefund(paying.id);
      await api.book.recordRefundSucceeded(paying, ofGateway(paying.id, value, 'succeeded'));
    }
    return await eventsOf(id);
  };
  const parked = async () => {
    const id = await place();
    await bookPaid(api.book, id, TOTAL);
    const step = 'request shipment';
    const order = { id, tenantId: api.acme.id, requestId: 'req_1' };
    await api.book.parkStep(order, { step, undo: false, detail: 'no answer' });
    const decision = { sagaId: id, step, action: 'retry', operator: 'bob', why: 'a test' } as const;
    const { state } = await createOperatorsDesk(api.pool).resolve(decision);
    assert.equal(state, 'resolved');
    return await eventsOf(id);
  };
  const asked = async () => {
    const id = await place();
    const link = 'https://hooks.stripe.com/3d_secure_2/hosted?payment_intent=pi_3SVq';
    await bookAsked(api.book, id, TOTAL, link);
    return await eventsOf(id);
  };
  const rejected = async () => {
    const id = await place();
    await api.book.beginUnwind(id, 'out-of-stock');
    await api.book.closeOrder(id);
    return await eventsOf(id);
  };
  /** One of two mugs, and then the other, which the carrier does not take. */
  const shipped = async () => {
    const id = await place();
    await bookHeld(api.pool, api.book, id, TOTAL);
    for (const number of [1, 2]) {
      const body = { lines: [{ sku: 'mug', quantity: 1 }] };
      await api.app.request(`/v1/orders/${id}/shipments`, postOf(api.acme, { body }));
      if (number === 1) await bookPart(api.book, id, 1, TOTAL / 2n);
      else await api.book.recordPartRefused(id, 2, 'address-refused', 'not there');
    }
    return await eventsOf(id);
  };
  const cancelled = async () => {
    const id = await place();
    const { headers } = postOf(api.acme, { key: newKey() });
    await api.app.request(`/v1/orders/${id}/cancel`, {
      method: 'POST',
      ...(headers && { headers }),
    });
    await api.book.closeOrder(id);
    return await eventsOf(id);
  };
});

function examplesIn(page: string): ShownEvent[] {
  const blocks = page.matchAll(/^### `([\w.]+)`\n\n```json\n(.*?)^```$/gms);
  return [...blocks].map(([, title, text = '']) => {
    const event = JSON.parse(text) as ShownEvent;
    assert.equal(event.type, title);
    return event;
  });
}

/** Without what differs each time. */
function alike(event: unknown): unknown {
  const text = JSON.stringify(event)
    .replaceAll(/\b(ord|rfd|shp)_[0-9a-z]{26}/g, '$1_…')
    .replaceAll(/\bevt_[0-9a-f]{32}/g, 'evt_…')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then');
  return JSON.parse(text);
}

/** By the functions of the database, which alone write events. */
async function typesWritten({ pool }: Harness): Promise<string[]> {
  const { rows } = await pool.query<{ name: string; source: string }>(
    `SELECT proname AS name, prosrc AS source FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace ORDER BY proname`,
  );
  const moves = await pool.query<{ type: string }>(
    `SELECT DISTINCT 'order.' || to_status AS type FROM order_status_move`,
  );
  const types = new Set(moves.rows.map(({ type }) => type));
  for (const { source } of rows) {
    for (const [call, type] of source.matchAll(/append_(?:refund_)?event\([^,]+, ([^)]+)\)/g)) {
      const [, literal] = /^'([\w.]+)'$/.exec(type ?? '') ?? [];
      if (literal !== undefined) types.add(literal);
      // What it was called with; or where an order has moved to.
      else assert.ok(type === 'p_type' || type === `'order.' || p_to`, call);
    }
  }
  const inserts = rows.filter(({ source }) => /INSERT INTO order_event\b/.test(source));
  // The second writes those of moves, which are in the table of moves.
  assert.deepEqual(
    inserts.map(({ name }) => name),
    ['append_event', 'move_order', 'move_orders'],
  );
  return [...types].sort();
}
