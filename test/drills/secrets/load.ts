/**
 * Steady orders by the typed client, spread over both APIs, whatever is being restarted. An order has
 * failed when its client was told anything but that it is completed.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../../src/sdk/index.ts';

export interface Load {
  /** Asked before each order; two sorts of clients take turns. */
  credentials: readonly (() => Promise<string>)[];
  readonly counts: () => { readonly placed: number; readonly completed: number };
  readonly failures: readonly string[];
  /** Until all that were placed have ended. */
  readonly stop: () => Promise<void>;
}

export function startLoad(
  apiUrls: readonly string[],
  perSecond: number,
  credentials: Load['credentials'],
): Load {
  const failures: string[] = [];
  const orders: Promise<void>[] = [];
  let completed = 0;
  let turn = 0;
  const stopping = new AbortController();
  const load: Load = {
    credentials,
    counts: () => ({ placed: orders.length, completed }),
    failures,
    async stop() {
      stopping.abort();
      await loop;
      await Promise.all(orders);
    },
  };
  /** As a balancer does it: the next request goes to the other one. */
  const balanced = (url: string, init: RequestInit): Promise<Response> => {
    const { pathname, search } = new URL(url);
    return fetch(`${apiUrls[(turn += 1) % apiUrls.length] ?? ''}${pathname}${search}`, init);
  };
  const order = async (n: number): Promise<void> => {
    try {
      const apiKey = (await load.credentials[n % load.credentials.length]?.()) ?? '';
      const client = createClient({ baseUrl: apiUrls[0] ?? '', apiKey, fetch: balanced });
      const placed = await client.orders.place(wish(n), { idempotencyKey: randomUUID() });
      const { status } = await client.orders.waitFor(placed.order.id, {
        until: 'ended',
        timeoutMs: PATIENCE_MS,
      });
      if (status === 'completed') completed += 1;
      else failures.push(`${placed.order.id} is ${status}`);
    } catch (error) {
      failures.push(`order ${n}: ${String(error)}`);
    }
  };
  const run = async (): Promise<void> => {
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      orders.push(order(n));
      const pause = sleep(1_000 / perSecond, undefined, { signal: stopping.signal });
      await pause.catch(() => undefined);
    }
  };
  const loop = run();
  return load;
}

// A worker that is killed by its drain leaves its activities to the next one, after their timeouts.
const PATIENCE_MS = 120_000;

function wish(n: number) {
  return {
    lines: [{ sku: 'MUG', quantity: 1 }],
    customer: { name: 'Ada', email: `drill-${n}@example.com` },
    shippingAddress: {
      name: 'Ada',
      line1: `${n} Mill Lane`,
      city: 'London',
      postalCode: 'SW1Y 4JH',
      country: 'GB',
    },
    paymentMethod: 'pm_card_visa',
  };
}
