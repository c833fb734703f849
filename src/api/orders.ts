/** Placing, reading, listing and cancelling orders over HTTP. */
import type { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { typeid } from 'typeid-js';
import { isDecided, isEnded } from '../domain/order.ts';
import type { OrderId } from '../domain/order.ts';
import type { Admission } from './admission.ts';
import type { ApiEnv } from './env.ts';
import { claimOf, pastKey } from './idempotency.ts';
import { overloaded } from './load.ts';
import { makeCursor, pageOf, readCursor } from './pages.ts';
import type { CancelAnswer, Claim, NewOrder, Notifier, OrderFeed, OrderPlace } from './ports.ts';
import type { OrderSnapshot, OrderStore, PlaceAnswer } from './ports.ts';
import { Problem } from './problems.ts';
import type { FieldError } from './problems.ts';
import { orderPath, refundsPath, showAccepted, showArchived } from './representations.ts';
import { showCancelled, showOrder } from './representations.ts';
import * as routes from './routes.ts';
import type { SagaCalls } from './saga-calls.ts';
import type { placeOrderRequest } from './schemas.ts';
import { createTurns } from './turns.ts';
import { isVoucherRefused, voucherRefused } from './vouchers.ts';
import { preferredWait } from './waiting.ts';

export interface OrderDeps {
  readonly store: OrderStore;
  readonly feed: OrderFeed;
  readonly touched: Notifier['touched'];
  readonly sagaCalls: SagaCalls;
  /** Without it there is always room for one more order. */
  readonly admission?: Pick<Admission, 'take' | 'giveBack'>;
}

export function addOrderRoutes(app: OpenAPIHono<ApiEnv>, deps: OrderDeps): void {
  const { store, feed, touched, sagaCalls } = deps;
  const inTurn = createTurns();
  /** A client that hangs up ends its wait, not its order. */
  const waitFor = (
    c: Context<ApiEnv>,
    id: OrderId,
    isSo: (order: OrderSnapshot) => boolean,
    seconds: number,
  ): Promise<OrderSnapshot | undefined> =>
    feed.wait(id, isSo, {
      timeoutMs: seconds * 1_000,
      signal: c.req.raw.signal,
    });

  app.openapi(routes.placeOrder, async (c) => {
    const claim = claimOf(c, 'POST /v1/orders', c.var.body);
    const order = newOrder(c.req.valid('json'), c.var.requestId);
    const answer = mustBeAccepted(
      pastKey(await inTurn(claim, () => placeWhereRoom(deps, claim, order))),
      order,
    );
    const id = answer.state === 'archived' ? answer.id : answer.order.facts.id;
    c.set('orderId', id);
    c.header('Location', orderPath(id));
    if (answer.state === 'placed') touched(id);
    else c.header('Idempotent-Replayed', 'true');
    if (answer.state === 'archived') return c.json(showArchived(id), 200);
    if (answer.state === 'placed' || !answer.started) sagaCalls.start(answer.order.facts);

    const seconds = preferredWait(c.req.header('prefer'));
    if (seconds === undefined) return c.json(showAccepted(answer.order), 202);
    c.header('Preference-Applied', `wait=${seconds}`);
    const now = await waitFor(c, id, isNews, seconds);
    if (now !== undefined && isDecided(now.status)) return c.json(showOrder(now), 200);
    // What the customer has to do is no decision.
    const asking = await stillAsking(store, c.var.principal.tenantId, now);
    return c.json(asking ? showOrder(asking) : showAccepted(answer.order), 202);
  });

  app.openapi(routes.getOrder, async (c) => {
    const id = orderIdOf(c, c.req.valid('param').id);
    const found = await store.find(c.var.principal.tenantId, id);
    if (found === undefined) throw new Problem('not-found');
    const { wait = 0 } = c.req.valid('query');
    const isSettled = wait === 0 || isEnded(found.status);
    // What there was to do already is no news, nor what the last event tells of an earlier moment.
    const isNewer = ({ status, payment, updatedAt }: OrderSnapshot) =>
      isEnded(status) || (payment.action !== undefined && updatedAt > found.updatedAt);
    const now = isSettled ? found : await waitFor(c, id, isNewer, wait);
    return c.json(showOrder(now ?? found), 200, { 'Cache-Control': 'private, no-cache' });
  });

  app.openapi(routes.listOrders, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const after = cursor === undefined ? {} : { after: placeIn(cursor) };
    const page = { limit: limit + 1, ...after };
    const listed = await store.list(c.var.principal.tenantId, filter, page);
    const { shown, nextCursor } = pageOf(listed, limit, ({ place }) => cursorOf(place));
    return c.json({ data: shown.map(({ order }) => showOrder(order)), nextCursor }, 200);
  });

  app.openapi(routes.cancelOrder, async (c) => {
    const id = orderIdOf(c, c.req.valid('param').id);
    const claim = claimOf(c, `POST ${orderPath(id)}/cancel`, null);
    const { state } = mustBeCancelled(
      pastKey(await inTurn(claim, () => store.cancel(claim, id))),
      refundsPath(id),
    );
    if (state !== 'cancelled') c.header('Idempotent-Replayed', 'true');
    if (state === 'archived') return c.json(showArchived(id), 200);
    sagaCalls.cancel(id);
    return c.json(showCancelled(id), 202);
  });
}

/** Only a new order takes up room. Whoever sends again what was accepted is answered, room or not. */
async function placeWhereRoom(
  { store, admission }: OrderDeps,
  claim: Claim,
  order: NewOrder,
): Promise<PlaceAnswer> {
  const hasRoom = admission?.take() ?? true;
  const answer = await store.place(claim, order, hasRoom);
  if (hasRoom && answer.state !== 'placed') admission?.giveBack();
  return answer;
}

/** What is worth an answer before the time is up. */
function isNews({ status, payment }: OrderSnapshot): boolean {
  return isDecided(status) || payment.action !== undefined;
}

/** The customer may have acted since the event that told of it. */
async function stillAsking(
  store: Pick<OrderStore, 'find'>,
  tenantId: string,
  told: OrderSnapshot | undefined,
): Promise<OrderSnapshot | undefined> {
  if (told?.payment.action === undefined) return undefined;
  const found = await store.find(tenantId, told.id);
  return found?.payment.action === undefined ? undefined : found;
}

function cursorOf({ createdMicros, id }: OrderPlace): string {
  return makeCursor(`${createdMicros} ${id}`);
}

function placeIn(cursor: string): OrderPlace {
  const [, createdMicros = '', id = ''] = readCursor(cursor, /^(\d{1,16}) (ord_[0-9a-z]{26})$/);
  return { createdMicros, id: id as OrderId };
}

/** The schema has checked the body; what is missing from it stays out. */
function newOrder(body: z.output<typeof placeOrderRequest>, requestId: string): NewOrder {
  return { id: typeid('ord').toString(), requestId, ...body };
}

type Accepted = Extract<PlaceAnswer, { state: 'placed' | 'replayed' | 'archived' }>;

function mustBeAccepted(
  answer: ReturnType<typeof pastKey<PlaceAnswer>>,
  { lines }: NewOrder,
): Accepted {
  if (isVoucherRefused(answer)) throw voucherRefused(answer);
  switch (answer.state) {
    case 'placed':
    case 'replayed':
    case 'archived':
      return answer;
    case 'unknown-sku':
      throw new Problem('unknown-sku', {
        errors: linesNaming(answer.skus, lines, 'There is no such SKU.'),
      });
    case 'mixed-currencies':
      throw new Problem('mixed-currencies', {
        errors: [{ field: 'lines', detail: 'These products are priced in several currencies.' }],
      });
    case 'price-changed':
      throw new Problem('price-changed', {
        errors: [{ field: 'expectedAmount', detail: 'The order costs another amount.' }],
        members: { amount: answer.amount },
      });
    case 'sold-out':
      throw new Problem('sold-out', {
        errors: linesNaming(answer.skus, lines, 'Fewer than that are left.'),
        members: { skus: answer.skus },
      });
    case 'no-room':
      throw overloaded('orders waiting', soonSeconds());
  }
}

// Those who are refused at one moment must not come back at one.
const COME_BACK_WITHIN_SECONDS = 4;

function soonSeconds(): number {
  return 1 + Math.floor(Math.random() * COME_BACK_WITHIN_SECONDS);
}

type Cancelled = Extract<CancelAnswer, { state: 'cancelled' | 'replayed' | 'archived' }>;

export function mustBeCancelled(
  answer: ReturnType<typeof pastKey<CancelAnswer>>,
  refunds: string,
): Cancelled {
  switch (answer.state) {
    case 'cancelled':
    case 'replayed':
    case 'archived':
      return answer;
    case 'unknown':
      throw new Problem('not-found');
    case 'too-late':
      throw new Problem('too-late-to-cancel', { members: { links: { refunds } } });
  }
}

export function linesNaming(
  skus: readonly string[],
  lines: NewOrder['lines'],
  detail: string,
): FieldError[] {
  return lines.flatMap(({ sku }, index) =>
    skus.includes(sku) ? [{ field: `lines[${index}].sku`, detail }] : [],
  );
}

// What the API makes: a type prefix and a UUID in 26 letters of base 32.
const ORDER_ID = /^ord_[0-9a-z]{26}$/;

/** Anything else is an ID that nobody has: it is not worth a question to the database. */
export function orderIdOf(c: Context<ApiEnv>, text: string): OrderId {
  if (!ORDER_ID.test(text)) throw new Problem('not-found');
  c.set('orderId', text as OrderId);
  return text as OrderId;
}
