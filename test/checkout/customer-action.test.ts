/**
 * Orders whose payment the customer, or their bank, has to confirm first, on a real Temporal server: who
 * waits, what makes them look, and what becomes of it.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderFacts } from '../../src/domain/order.ts';
import { audit, auditEntries } from '../support/audit.ts';
import { createStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

const ASKS = 'pm_card_threeDSecure2Required';
const RETURN_URL = 'http://localhost:1/thanks?cart=7';

describe('An order whose customer has to confirm the payment', () => {
  let stage: Stage;
  before(async () => {
    stage = await createStage();
  });
  after(() => stage.close());

  let shelves = 0;
  const started = async (paymentMethod = ASKS): Promise<OrderFacts> => {
    const sku = `ASKED-${(shelves += 1)}`;
    await stage.shop.stock(sku, 5);
    const change = { paymentMethod, returnUrl: RETURN_URL };
    const order = await stage.shop.order([{ sku, quantity: 2 }], change);
    await stage.sagas.startCheckout(order);
    return order;
  };
  const actionOf = async ({ id }: OrderFacts) => {
    const text = `SELECT order_snapshot($1) -> 'payment' -> 'action' AS action`;
    const { rows } = await stage.shop.pool.query<{ action: Action | null }>(text, [id]);
    return rows[0]?.action ?? undefined;
  };
  interface Action {
    readonly type: string;
    readonly url: string;
    readonly expiresAt: string;
  }
  const asked = (order: OrderFacts) => found(() => actionOf(order));
  /** As if it had waited for as long as it may; it finds out when it looks. */
  const passTime = async ({ id }: OrderFacts) => {
    const text = `UPDATE payment SET waits_until = clock_timestamp()
      WHERE order_id = $1 AND waits_until IS NOT NULL`;
    await found(async () => (await stage.shop.pool.query(text, [id])).rowCount || undefined);
  };
  const press = (url: string, answer: 'approve' | 'decline') =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ answer }), redirect: 'manual' });
  const ended = async (order: OrderFacts) => {
    await stage.client.workflow.getHandle(order.id).result();
    await stage.tidy();
    const { status, reason } = await stage.shop.row(order.id);
    const shelf = await stage.shop.shelf(order.lines[0]?.sku ?? '');
    assert.equal(shelf, status === 'completed' ? '3/0/2' : '5/0/0');
    await audit(stage.parties, order, status);
    await auditEntries(stage.parties, stage.shop.pool, order.id);
    return { status, reason };
  };

  it('waits with a link, and goes on as soon as it hears that they have approved', async () => {
    const order = await started();
    const { type, url, expiresAt } = await asked(order);
    assert.equal(type, 'redirect');
    const left = Date.parse(expiresAt) - Date.now();
    assert.ok(left > 14 * 60_000 && left <= 15 * 60_000, `${left} ms`);
    assert.equal((await stage.shop.row(order.id)).status, 'reserved');
    const page = await (await fetch(url)).text();
    assert.match(page, /20\.00 EUR[^]+Approve[^]+Decline/);

    const back = await press(url, 'approve');
    const location = new URL(back.headers.get('location') ?? '');
    assert.deepEqual([back.status, location.origin], [303, new URL(RETURN_URL).origin]);
    assert.deepEqual(
      ['cart', 'redirect_status'].map((name) => location.searchParams.get(name)),
      ['7', 'succeeded'],
    );
    await stage.sagas.hearPayment(order.id);
    assert.deepEqual(await ended(order), { status: 'completed', reason: null });
    const events = await stage.shop.events(order.id);
    assert.equal(events.filter((type) => type === 'order.action_required').length, 1);
    assert.equal(await actionOf(order), undefined);
  });

  it('says in the Temporal UI whom it waits for, and until when', async () => {
    const order = await started();
    await asked(order);
    const handle = stage.client.workflow.getHandle(order.id);
    const waits = await found(async () => {
      const progress =
        await handle.query<{ step: string; state: string; detail?: string }[]>('progress');
      return progress.find(({ state }) => state === 'waiting');
    });
    assert.equal(waits.step, 'authorize payment');
    assert.match(waits.detail ?? '', /^Waiting for the customer until \d\d \w{3} \d\d:\d\d UTC\.$/);
    await stage.deps.book.beginUnwind(order.id, 'cancelled');
    await stage.sagas.cancelCheckout(order.id);
    assert.deepEqual(await ended(order), { status: 'cancelled', reason: 'cancelled' });
  });

  it('finds it out by itself when nobody tells it', async () => {
    const order = await started();
    const { url } = await asked(order);
    await press(url, 'approve');
    assert.deepEqual(await ended(order), { status: 'completed', reason: null });
  });

  it('is rejected when they decline, or when their bank does after they have approved', async () => {
    const declined = { status: 'rejected', reason: 'payment-declined' };
    const order = await started();
    await press((await asked(order)).url, 'decline');
    assert.deepEqual(await ended(order), declined);

    const second = await started('pm_card_threeDSecureRequiredChargeDeclined');
    await press((await asked(second)).url, 'approve');
    assert.deepEqual(await ended(second), declined);
  });

  it('is rejected when the time is up, and calls the payment off', async () => {
    const order = await started();
    const { url } = await asked(order);
    await passTime(order);
    const expired = { status: 'rejected', reason: 'payment-action-expired' };
    assert.deepEqual(await ended(order), expired);
    assert.match(await (await fetch(url)).text(), /Nothing to confirm[^]+canceled/);
    assert.equal(await actionOf(order), undefined);
  });

  it('keeps its deadline through a second run, and goes on from there', async () => {
    const order = await started();
    const before = await asked(order);
    await stage.client.workflow.getHandle(order.id).terminate('for this test');
    await stage.sagas.startCheckout(order);
    await press(before.url, 'approve');
    assert.deepEqual(await ended(order), { status: 'completed', reason: null });
    assert.equal(
      (await stage.shop.events(order.id)).filter((type) => /action/.test(type)).length,
      1,
    );
  });

  it('is declined where they could not come back', async () => {
    await stage.shop.stock('NOWHERE', 5);
    const lines = [{ sku: 'NOWHERE', quantity: 2 }];
    const order = await stage.shop.order(lines, { paymentMethod: ASKS });
    await stage.sagas.startCheckout(order);
    assert.deepEqual(await ended(order), { status: 'rejected', reason: 'payment-declined' });
  });

  it('waits for a bank that takes its time, too', async () => {
    const order = await started('pm_card_processing');
    assert.deepEqual(await ended(order), { status: 'completed', reason: null });
    const second = await started('pm_card_processingDeclined');
    assert.deepEqual(await ended(second), {
      status: 'rejected',
      reason: 'payment-declined',
    });
  });

  it('ends when the time is up although its bank is still at it', async () => {
    const order = await started('pm_card_processingUnanswered');
    await passTime(order);
    const expired = { status: 'rejected', reason: 'payment-action-expired' };
    assert.deepEqual(await ended(order), expired);
  });

  it('costs a run that does not wait nothing', async () => {
    const order = await started('pm_card_visa');
    assert.deepEqual(await ended(order), { status: 'completed', reason: null });
    const { events } = await stage.client.workflow.getHandle(order.id).fetchHistory();
    const tasks = events?.filter((event) => event.workflowTaskCompletedEventAttributes);
    assert.equal(tasks?.length, 1);
  });
});

/** Asked for until it is there. */
async function found<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const it = await look();
    if (it !== undefined) return it;
    await sleep(20);
  }
}
