/**
 * Clients of the API, and the part of the API that answers them: what goes into the books first, and
 * what Temporal is told afterwards. Each keeps a journal of what it was answered, and asks again,
 * with the same key and wherever it finds an API process, until it is.
 */
import type { Claim, NewOrder, NewRefund } from '../../src/api/ports.ts';
import type { NewShipment } from '../../src/api/shipment-ports.ts';
import type { OrderId } from '../../src/domain/order.ts';
import type { RefundId } from '../../src/domain/refund.ts';
import { REFUSED_POSTAL_CODE } from '../../src/counterparties/carrier/carrier.ts';
import { TENANT } from './memory/books.ts';
import { SKUS, VOUCHER } from './story.ts';
import type { Act, OrderPlan } from './story.ts';
import type { Process } from './temporal/worker.ts';
import type { World } from './world.ts';

export interface Journal {
  /** Per plan: every order that an answer named. */
  readonly orders: Set<OrderId>[];
  readonly refunds: Set<RefundId>;
  /** Those whose cancel was accepted. */
  readonly cancelled: Set<OrderId>;
  /** Requests without an answer so far. */
  open: number;
}

export interface Clients {
  readonly journal: Journal;
  readonly place: (plan: number, copies?: number) => void;
  readonly act: (act: Act) => void;
}

// A client waits for so long, then asks again.
const PATIENCE_MS = 10_000;
// Who asks for a refund too soon tries again, for a quarter of an hour.
const TOO_SOON_MS = 30_000;
const MOST_TRIES = 30;

export function createClients(world: World): Clients {
  const { story, scheduler, apis } = world;
  const journal: Journal = {
    orders: story.orders.map(() => new Set()),
    refunds: new Set(),
    cancelled: new Set(),
    open: 0,
  };
  let requests = 0;

  /** Until somebody answers. */
  const insist = async <T>(ask: (api: Process, request: number) => Promise<T>): Promise<T> => {
    for (;;) {
      const api = apis.pick(scheduler.random);
      const asking = api && ask(api, (requests += 1)).then((answer) => ({ answer }));
      const answered = await Promise.race([
        asking?.catch(() => undefined) ?? undefined,
        scheduler.sleep(PATIENCE_MS).then(() => undefined),
      ]);
      if (answered !== undefined) return answered.answer;
      await scheduler.sleep(500 + scheduler.random.below(1_000));
    }
  };
  const whileOpen = (work: () => Promise<void>): void => {
    journal.open += 1;
    void work().finally(() => (journal.open -= 1));
  };

  const place = (plan: number): void =>
    whileOpen(async () => {
      const wanted = story.orders[plan];
      if (wanted === undefined) return;
      const claim = claimOf('POST /v1/orders', `order ${plan}`);
      const answer = await insist((api, n) =>
        placeOrder(world, api, claim, newOrder(n, plan, wanted)),
      );
      if ('order' in answer) journal.orders[plan]?.add(answer.order.facts.id);
    });
  const idOf = (plan: number): OrderId | undefined => journal.orders[plan]?.values().next().value;

  const cancel = (id: OrderId): void =>
    whileOpen(async () => {
      const claim = claimOf(`POST /v1/orders/${id}/cancel`, 'cancel');
      const { state } = await insist((api) => cancelOrder(world, api, claim, id));
      if (state === 'cancelled' || state === 'replayed') journal.cancelled.add(id);
    });

  const refund = (id: OrderId, { kind, amount }: Act, n: number): void =>
    whileOpen(async () => {
      const claim = claimOf(`POST /v1/orders/${id}/refunds`, `refund ${kind} ${amount} ${n}`);
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const answer = await insist((api, request) =>
          requestRefund(world, api, claim, id, newRefund(request, kind, amount)),
        );
        if ('refund' in answer) journal.refunds.add(answer.refund.facts.id);
        if (answer.state !== 'in-progress') return;
        await scheduler.sleep(TOO_SOON_MS);
      }
    });

  const ship = (id: OrderId, { kind, amount }: Act, n: number): void =>
    whileOpen(async () => {
      const claim = claimOf(`POST /v1/orders/${id}/shipments`, `ship ${n}`);
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const some = kind === 'the merchant ships a part' && {
          lines: [{ sku: SKUS[amount % SKUS.length] ?? '', quantity: 1 }],
        };
        const answer = await insist((api, request) =>
          askForShipment(world, api, claim, id, { ...shipmentNamed(request), ...some }),
        );
        const { status } = world.books.tables.orders.get(id) ?? {};
        const isTooSoon = status === 'accepted' || status === 'reserved';
        if (answer.state !== 'not-shippable' || !isTooSoon) return;
        await scheduler.sleep(TOO_SOON_MS);
      }
    });

  let asked = 0;
  return {
    journal,
    place: (plan, copies = 1) => {
      for (let copy = 0; copy < copies; copy += 1) place(plan);
    },
    act(act) {
      if (act.kind === 'the client places it again') {
        place(act.order);
        return;
      }
      const id = idOf(act.order);
      if (id === undefined) return;
      if (act.kind === 'the client cancels') cancel(id);
      else if (act.kind.startsWith('the merchant')) ship(id, act, (asked += 1));
      else refund(id, act, (asked += 1));
    },
  };
}

// --- the API ---------------------------------------------------------------------------------------

async function placeOrder(world: World, api: Process, claim: Claim, order: NewOrder) {
  const store = world.seenBy(api, 'book', order.id, world.books.store);
  const answer = await store.place(claim, order);
  if (answer.state === 'placed' || (answer.state === 'replayed' && !answer.started)) {
    // What fails is left to the starter.
    void world.startCheckout(api, answer.order.facts).catch(() => undefined);
  }
  return answer;
}

export async function cancelOrder(world: World, api: Process, claim: Claim, id: OrderId) {
  const answer = await world.seenBy(api, 'book', id, world.books.store).cancel(claim, id);
  if (answer.state === 'cancelled' || answer.state === 'replayed') {
    const call = { process: api, party: 'temporal', name: 'cancel', about: id, timeoutMs: 2_000 };
    void world.wire.carry(call, () => world.server.cancel(id)).catch(() => undefined);
  }
  return answer;
}

async function requestRefund(
  world: World,
  api: Process,
  claim: Claim,
  id: OrderId,
  refund: NewRefund,
) {
  const answer = await world
    .seenBy(api, 'book', id, world.books.refunds)
    .request(claim, id, refund);
  if (answer.state === 'requested' || (answer.state === 'replayed' && !answer.started)) {
    void world.startRefund(api, answer.refund.facts).catch(() => undefined);
  }
  return answer;
}

export async function askForShipment(
  world: World,
  api: Process,
  claim: Claim,
  id: OrderId,
  wanted: NewShipment,
) {
  const store = world.seenBy(api, 'book', id, world.books.shipments);
  const answer = await store.request(claim, id, wanted);
  if ('shipment' in answer) {
    const call = { process: api, party: 'temporal', name: 'look', about: id, timeoutMs: 2_000 };
    void world.wire.carry(call, () => world.server.look(id)).catch(() => undefined);
  }
  return answer;
}

// --- requests --------------------------------------------------------------------------------------

export function claimOf(route: string, key: string): Claim {
  return { tenantId: TENANT, route, keyHash: Buffer.from(key), fingerprint: Buffer.from(key) };
}

// What the API makes has 26 letters or digits behind its prefix.
const ID_LENGTH = 26;

function newOrder(request: number, plan: number, wanted: OrderPlan): NewOrder {
  const { quantities, card, hasBadAddress, hasVoucher } = wanted;
  const lines = SKUS.map((sku, at) => ({ sku, quantity: quantities[at] ?? 0 }));
  return {
    id: `ord_${String(request).padStart(ID_LENGTH, '0')}`,
    requestId: `req_${request}`,
    lines: lines.filter(({ quantity }) => quantity > 0),
    customer: { name: 'Ada', email: 'ada@example.org' },
    shippingAddress: {
      name: 'Ada',
      line1: 'Main Street 1',
      city: 'Town',
      postalCode: hasBadAddress ? REFUSED_POSTAL_CODE : '12345',
      country: 'DE',
    },
    paymentMethod: card,
    ...(hasVoucher && { voucherCode: VOUCHER }),
    returnUrl: 'https://shop.example/thanks',
    metadata: { plan: String(plan) },
  };
}

export function shipmentNamed(request: number): NewShipment {
  const id = `shp_${String(request).padStart(ID_LENGTH, '0')}` as const;
  return { id, requestId: `req_${request}` };
}

function newRefund(request: number, kind: Act['kind'], amount: number): NewRefund {
  return {
    id: `rfd_${String(request).padStart(ID_LENGTH, '0')}`,
    requestId: `req_${request}`,
    ...(kind === 'the client asks for a part of it back' && {
      amount: { value: String(1 + amount), currency: 'EUR' },
    }),
    ...(kind === 'the client asks for some goods back' && {
      lines: [{ sku: SKUS[amount % SKUS.length] ?? '', quantity: 1 }],
      restock: true,
    }),
  };
}
