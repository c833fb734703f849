/** The real activities on the ports in memory: fast, atomic, and judged from books like the real ones. */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import { sendDueMails } from '../../src/activities/notifications.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import { orderOf } from '../../src/launcher/samples.ts';
import { createMemoryBooks, TENANT } from './memory/books.ts';
import { createMemoryParties, depsOf } from './memory/outside.ts';

describe('the ports in memory', () => {
  const world = () => {
    let clock = Date.parse('2026-11-02T10:00:00Z');
    const now = () => clock;
    const books = createMemoryBooks({ now });
    const parties = createMemoryParties({ now, authorizationMs: DAY_MS });
    const act = createActivities(depsOf(books, parties));
    books.stock('mug', 5);
    return { books, parties, act, passTime: (ms: number) => void (clock += ms) };
  };
  const DAY_MS = 86_400_000;

  const place = async (
    { books }: Pick<ReturnType<typeof world>, 'books'>,
    paymentMethod = 'pm_card_visa',
  ): Promise<OrderFacts> => {
    const { lines, customer, shippingAddress } = orderOf();
    const hash = Buffer.alloc(32);
    const claim = { tenantId: TENANT, route: 'POST /v1/orders', keyHash: hash, fingerprint: hash };
    const address = shippingAddress as never;
    const order = { lines, customer, paymentMethod, shippingAddress: address };
    const placed = await books.store.place(claim, { ...order, id: 'ord_1', requestId: 'req_1' });
    assert.equal(placed.state, 'placed');
    return placed.order.facts;
  };
  const effects = (lines: readonly { kind: string; effect?: string }[]) =>
    lines.filter(({ kind }) => kind === 'effect').map(({ effect }) => effect);

  it('complete an order', async () => {
    const { books, parties, act } = world();
    const order = await place({ books });
    await act.reserveStock(order);
    await act.authorizePayment(order);
    await act.capturePayment(order);
    await act.requestShipment(order);
    await act.sendReceipt(order);
    assert.equal((await books.store.find(TENANT, order.id))?.status, 'completed');
    assert.deepEqual(effects(parties.gateway.lines), ['created', 'authorized', 'captured']);
    assert.deepEqual(effects(parties.carrier.lines), ['shipped']);
    assert.deepEqual(effects(parties.mailer.lines), ['received']);
  });

  it('reject an order whose authorization has lapsed, and tell the customer', async () => {
    const { books, parties, act, passTime } = world();
    const order = await place({ books });
    await act.reserveStock(order);
    await act.authorizePayment(order);
    passTime(2 * DAY_MS);
    await assert.rejects(act.capturePayment(order), /gone before it could be captured/);
    await act.voidAuthorization(order);
    await act.releaseStock(order);
    const closed = await act.closeOrder(order);
    assert.deepEqual(closed, { status: 'rejected', reason: 'payment-declined' });
    assert.deepEqual(effects(parties.gateway.lines), ['created', 'authorized', 'canceled']);
    const sent = await sendDueMails(books.outbox, parties.mailer, (_, error) => {
      throw error;
    });
    assert.equal(sent, 1);
  });

  it('leave nothing behind of a call that throws', async () => {
    const { books, act } = world();
    const order = await place({ books });
    await act.reserveStock(order);
    await books.book.beginAuthorization(order.id);
    await books.book.commitIntent(order.id, 'pi_1');
    await books.book.recordAuthorization(order.id, intentOf(1_000n));
    await books.book.beginCapture(order.id);
    const before = books.events(order.id);
    await assert.rejects(books.book.recordCapture(order.id, intentOf(1_001n)), /not add up/);
    assert.deepEqual(books.events(order.id), before);
    assert.equal(books.tables.entries.of(order.id).at(-1)?.kind, 'requested');
    assert.equal(books.tables.reservations.of(order.id)[0]?.state, 'held');
  });

  const intentOf = (amountMinor: bigint) => ({
    id: 'pi_1',
    status: 'succeeded' as const,
    amount: { amountMinor, currency: 'EUR' },
    capturableMinor: amountMinor,
    capturedMinor: amountMinor,
  });
});
