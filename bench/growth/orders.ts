/** What clients ask and what a worker does for an order, each as something whose cost can be read. */
import { createHash, randomBytes } from 'node:crypto';
import { typeid } from 'typeid-js';
import type { Claim, NewOrder } from '../../src/api/ports.ts';
import type { Intent } from '../../src/activities/ports.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { sku, tenantId } from './fill.ts';
import type { Probe } from './meter.ts';
import type { Parts } from './parts.ts';

export interface Asked {
  /** Of the order that is placed. */
  readonly lines: number;
  /** That are in the database; the pages are turned to their middle. */
  readonly orders: number;
}

const TENANT = tenantId(0);

/** An answer that is not the one expected would be another cost. */
function expect(state: string, wanted: string): void {
  if (state !== wanted) throw new Error(`expected ${wanted}, got ${state}`);
}

function newOrder(lines: number): { claim: Claim; order: NewOrder } {
  const id = typeid('ord').toString();
  const address = { line1: 'Allee 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
  const claim = {
    tenantId: TENANT,
    route: 'POST /v1/orders',
    keyHash: randomBytes(32),
    fingerprint: createHash('sha256').update(id).digest(),
  };
  const order = {
    id,
    requestId: `req_${id}`,
    lines: Array.from({ length: lines }, (_, n) => ({ sku: sku(n), quantity: 1 })),
    customer: { name: 'Ada', email: 'ada@example.com' },
    shippingAddress: { name: 'Ada', ...address },
    paymentMethod: 'pm_card_visa',
  };
  return { claim, order };
}

function intentOf(id: OrderId, lines: number): Intent {
  const amountMinor = 1_000n * BigInt(lines);
  return {
    id: `pi_${id}`,
    status: 'succeeded',
    amount: { amountMinor, currency: 'EUR' },
    capturableMinor: amountMinor,
    capturedMinor: amountMinor,
  };
}

export function clientProbes({ store, events }: Parts, asked: Asked): Probe[] {
  const placed = newOrder(asked.lines);
  const middle = Math.max(1, Math.floor(asked.orders / 2));
  const known: OrderId = `ord_${String(middle).padStart(26, '0')}`;
  const list = (name: string, ...[filter, after]: [object, string?]): Probe => ({
    name: `list: ${name}`,
    work: () =>
      store.list(TENANT, filter, {
        limit: 20,
        ...(after !== undefined && { after: { createdMicros: after, id: known } }),
      }),
  });
  const inTheMiddle = new Date(Date.now() - 90 * 86_400_000);
  const deep = String(inTheMiddle.getTime() * 1_000);
  return [
    {
      name: 'POST /v1/orders',
      ready: () => Promise.resolve(newOrder(asked.lines)),
      async work(ready) {
        const { claim, order } = ready as ReturnType<typeof newOrder>;
        expect((await store.place(claim, order)).state, 'placed');
      },
    },
    {
      name: 'replay of a POST',
      ready: () => store.place(placed.claim, placed.order),
      async work() {
        const again = { ...placed.order, id: 'ord_other' as OrderId };
        expect((await store.place(placed.claim, again)).state, 'replayed');
      },
    },
    { name: 'GET of an order', work: () => store.find(TENANT, placed.order.id) },
    { name: 'events of an order', work: () => events.list(TENANT, placed.order.id, PAGE) },
    list('first page', {}),
    list('a page in the middle', {}, deep),
    list('completed, in the middle', { status: 'completed' }, deep),
    list('cancelled', { status: 'cancelled' }),
    list('paid', { status: 'paid' }),
    list('for an operator', { needsOperator: true }),
    list('a day, not for an operator', {
      createdAfter: inTheMiddle,
      createdBefore: new Date(inTheMiddle.getTime() + 86_400_000),
      needsOperator: false,
    }),
  ];
}

const PAGE = { limit: 20, after: 0 };

/** Each activity by itself, on an order that has come so far; and the ways back. */
export function sagaProbes({ store, book, refunds }: Parts, { lines }: Asked): Probe[] {
  const steps: [name: string, walk: (id: OrderId) => Promise<unknown>][] = [
    ['reserve stock', (id) => book.reserveStock(id)],
    [
      'authorize payment',
      async (id) => {
        const intent = intentOf(id, lines);
        await book.beginAuthorization(id);
        await book.commitIntent(id, intent.id);
        await book.recordAuthorization(id, intent);
      },
    ],
    [
      'capture payment',
      async (id) => {
        await book.beginCapture(id);
        await book.recordCapture(id, intentOf(id, lines));
      },
    ],
    [
      'request shipment',
      async (id) => {
        await book.beginShipment(id);
        await book.recordShipment(id, `T${id}`);
      },
    ],
    [
      'send receipt',
      async (id) => {
        await book.beginReceipt(id);
        await book.recordReceipt(id);
      },
    ],
  ];
  const until = (count: number) => async () => {
    const { claim, order } = newOrder(lines);
    expect((await store.place(claim, order)).state, 'placed');
    for (const [, walk] of steps.slice(0, count)) await walk(order.id);
    return order.id;
  };
  const unwound = async () => {
    const id = await until(2)();
    await book.beginUnwind(id, 'cancelled');
    return id;
  };
  const ways = steps.map(([name, walk], count) => ({
    name,
    ready: until(count),
    work: (id: unknown) => walk(id as OrderId),
  }));
  return [
    ...ways,
    {
      name: 'void, release, close',
      ready: unwound,
      async work(ready) {
        const id = ready as OrderId;
        await book.beginVoid(id);
        await book.recordVoid(id);
        await book.releaseStock(id);
        expect((await book.closeOrder(id)).status, 'cancelled');
      },
    },
    {
      name: 'POST of a refund',
      ready: until(steps.length),
      async work(ready) {
        const { claim } = newOrder(lines);
        const route = `POST /v1/orders/${String(ready)}/refunds`;
        const refund = { id: typeid('rfd').toString(), requestId: 'req_r' } as const;
        const answer = await refunds.request({ ...claim, route }, ready as OrderId, refund);
        expect(answer.state, 'requested');
      },
    },
  ];
}
