/**
 * The API's client: typed by the API's own routes, and made so that trying again is safe. Whatever
 * changes something has a key, made here unless it is given, and the same over all tries of a call.
 */
import { hc } from 'hono/client';
import type { Api } from './api-type.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { follow } from './follow.ts';
import type { FollowOptions } from './follow.ts';
import { DEFAULT_RETRY } from './retry.ts';
import type { RetryPolicy } from './retry.ts';
import { createTransport } from './transport.ts';
import type * as types from './types.ts';
import { waitFor } from './wait.ts';
import type { WaitOptions } from './wait.ts';

export interface ClientOptions {
  /** Where the API is, like `https://shop.example`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Instead of the platform's own. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  readonly retry?: Partial<RetryPolicy>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface KeyedOptions extends CallOptions {
  /** New for each thing that is to happen. Store your own first, and a crash loses nothing. */
  readonly idempotencyKey?: string;
}

export interface Keyed {
  readonly idempotencyKey: string;
  /** The API had accepted this before. */
  readonly replayed: boolean;
}

export type Placed = Keyed &
  // The whole order, when the customer has something to do: `'status' in order` tells.
  (
    | { readonly decided: false; readonly order: types.AcceptedOrder | types.Order }
    | { readonly decided: true; readonly order: types.Order }
  );

export type Client = ReturnType<typeof createClient>;

export function createClient(options: ClientOptions, clock: Clock = systemClock) {
  const { apiKey, fetch = (url, init) => globalThis.fetch(url, init) } = options;
  const baseUrl = new URL(options.baseUrl).href.replace(/\/+$/, '');
  const deps = { fetch, retry: { ...DEFAULT_RETRY, ...options.retry }, clock };
  const headers = { Authorization: `Bearer ${apiKey}` };
  const { v1 } = hc<Api>(baseUrl, { fetch: createTransport(deps), headers });
  const oneOrder = v1.orders[':id'];

  const getOrder = async (
    id: string,
    { wait, signal }: CallOptions & { readonly wait?: number } = {},
  ): Promise<types.Order> => {
    const query = wait === undefined ? {} : { wait: wait.toString() };
    const answer = await oneOrder.$get({ param: { id: segment(id) }, query }, sent({ signal }));
    return await answer.json();
  };

  return {
    orders: {
      /** With `wait` it answers once the order is decided or needs its customer, or after so many seconds (0 to 30). */
      async place(
        order: types.NewOrder,
        { wait, ...call }: KeyedOptions & { readonly wait?: number } = {},
      ): Promise<Placed> {
        const key = call.idempotencyKey ?? newIdempotencyKey();
        const prefer = wait === undefined ? {} : { Prefer: `wait=${wait}` };
        const answer = await v1.orders.$post({ json: order }, sent(call, key, prefer));
        const receipt = keyed(key, answer);
        if (answer.status === 202) {
          return { ...receipt, decided: false, order: await answer.json() };
        }
        const body = await answer.json();
        // What an old key answers is only where its order is, which has ended long ago.
        const shown = 'archived' in body ? await getOrder(body.id, call) : body;
        return { ...receipt, decided: true, order: shown };
      },
      get: getOrder,
      /** Newest first; `nextCursor` of a page leads to the next one, and is null on the last. */
      async list(page: OrderFilter = {}): Promise<types.OrderPage> {
        return await (await v1.orders.$get({ query: queryOf(page) }, sent(page))).json();
      },
      /** Throws `StillWaitingError` when the time is up. */
      waitFor(id: string, wait: WaitOptions = {}): Promise<types.Order> {
        const { signal } = wait;
        return waitFor((seconds) => getOrder(id, { wait: seconds, signal }), clock, wait);
      },
      /** The customer is back from their bank: the order looks at once what became of its payment. */
      async returned(id: string, call: CallOptions = {}): Promise<types.Order> {
        const answer = await oneOrder.payment.return.$post(
          { param: { id: segment(id) } },
          sent(call),
        );
        return await answer.json();
      },
      async cancel(
        id: string,
        call: KeyedOptions = {},
      ): Promise<Keyed & { readonly order: types.CancelledOrder }> {
        const key = call.idempotencyKey ?? newIdempotencyKey();
        const answer = await oneOrder.cancel.$post({ param: { id: segment(id) } }, sent(call, key));
        return { ...keyed(key, answer), order: await answer.json() };
      },
    },
    refunds: refundsOf(oneOrder.refunds),
    shipments: shipmentsOf(oneOrder.shipments),
    products: productsOf(v1.products),
    events: {
      /** From the first event, or after the one you name, to the last. */
      follow(id: string, options: FollowOptions = {}): AsyncIterable<types.OrderEvent> {
        const url = `${baseUrl}/v1/orders/${segment(id)}/events`;
        const now = () => getOrder(id, { signal: options.signal });
        return follow({ ...deps, url, headers, now }, options);
      },
    },
  };
}

type Routes = ReturnType<typeof hc<Api>>['v1'];

function refundsOf(routes: Routes['orders'][':id']['refunds']) {
  const get = async (
    orderId: string,
    refundId: string,
    call: CallOptions = {},
  ): Promise<types.Refund> => {
    const param = { id: segment(orderId), refundId: segment(refundId) };
    return await (await routes[':refundId'].$get({ param }, sent(call))).json();
  };
  return {
    get,
    async request(
      orderId: string,
      refund: types.NewRefund,
      call: KeyedOptions = {},
    ): Promise<Keyed & { readonly refund: types.AcceptedRefund }> {
      const key = call.idempotencyKey ?? newIdempotencyKey();
      const request = { param: { id: segment(orderId) }, json: refund };
      const answer = await routes.$post(request, sent(call, key));
      const body = await answer.json();
      const shown = 'archived' in body ? await get(orderId, body.id, call) : body;
      return { ...keyed(key, answer), refund: shown };
    },
  };
}

function shipmentsOf(routes: Routes['orders'][':id']['shipments']) {
  return {
    /** Some lines, or all that is left; of an order that is captured at shipment. The order lists what becomes of it. */
    async request(
      orderId: string,
      shipment: types.NewShipment = {},
      call: KeyedOptions = {},
    ): Promise<Keyed & { readonly shipment: types.AcceptedShipment | types.ArchivedShipment }> {
      const key = call.idempotencyKey ?? newIdempotencyKey();
      const request = { param: { id: segment(orderId) }, json: shipment };
      const answer = await routes.$post(request, sent(call, key));
      return { ...keyed(key, answer), shipment: await answer.json() };
    },
  };
}

function productsOf(routes: Routes['products']) {
  return {
    async list(page: PageOptions = {}): Promise<types.ProductPage> {
      return await (await routes.$get({ query: queryOf(page) }, sent(page))).json();
    },
    async get(sku: string, call: CallOptions = {}): Promise<types.Product> {
      const param = { sku: segment(sku) };
      return await (await routes[':sku'].$get({ param }, sent(call))).json();
    },
  };
}

export interface PageOptions extends CallOptions {
  readonly limit?: number;
  readonly cursor?: string | null | undefined;
}

export interface OrderFilter extends PageOptions {
  readonly status?: types.Order['status'];
  /** ISO 8601; that moment included. */
  readonly createdAfter?: string;
  /** ISO 8601; that moment not included. */
  readonly createdBefore?: string;
  readonly needsOperator?: boolean;
}

function queryOf({ signal: _, ...query }: OrderFilter): Record<string, string> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

/** For you to store before you place an order. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}

function keyed(idempotencyKey: string, { headers }: { readonly headers: Headers }): Keyed {
  return { idempotencyKey, replayed: headers.get('idempotent-replayed') === 'true' };
}

function sent({ signal }: CallOptions, key?: string, more: Readonly<Record<string, string>> = {}) {
  return {
    headers: { ...(key !== undefined && { 'Idempotency-Key': key }), ...more },
    init: { ...(signal && { signal }) },
  };
}

/** One part of a path, whatever is in it: `hc` puts it there as it is, and leaves out an empty one. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') throw new TypeError(`not an ID: "${text}"`);
  return encodeURIComponent(text);
}
