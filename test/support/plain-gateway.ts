/**
 * A gateway stand-in for one describe block, spoken to in plain HTTP forms: the SDK's way is the
 * adapter's test, this one sees every byte.
 */
import { startGateway } from '../../src/counterparties/gateway/gateway.ts';
import { clearFaults, temporaryDirectory } from './stand-ins.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & {
    readonly id: string;
    readonly error: Record<string, unknown>;
    readonly data: readonly Record<string, unknown>[];
  };
}

export interface PlainGateway {
  readonly url: () => string;
  readonly newOrder: () => string;
  /** `null` sends no API key at all. */
  readonly get: (resource: string, apiKey?: string | null) => Promise<Answer>;
  readonly post: (resource: string, form?: Record<string, string>, key?: string) => Promise<Answer>;
  /** An intent that has gone through these steps. */
  readonly intentFor: (orderId: string, ...steps: string[]) => Promise<string>;
  readonly restart: () => Promise<void>;
  readonly passTime: (ms: number) => void;
}

export function wanted(orderId: string, paymentMethod = 'pm_card_visa'): Record<string, string> {
  return {
    amount: '1999',
    currency: 'eur',
    capture_method: 'manual',
    payment_method: paymentMethod,
    'allowed_payment_method_types[0]': 'card',
    'metadata[order_id]': orderId,
    'metadata[request_id]': `req-${orderId}`,
  };
}

export function plainGateway(): PlainGateway {
  const path = temporaryDirectory();
  let clock = Date.parse('2026-11-02T10:00:00Z');
  let orders = 0;
  const start = () => startGateway({ bookFile: path('gateway'), now: () => clock });
  let gateway: Awaited<ReturnType<typeof start>>;

  before(async () => {
    gateway = await start();
  });
  afterEach(() => clearFaults(gateway.url));
  after(() => gateway.close());

  async function call(resource: string, apiKey: string | null, init: RequestInit): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (apiKey !== null) headers.set('authorization', `Bearer ${apiKey}`);
    const response = await fetch(`${gateway.url}/v1/${resource}`, { ...init, headers });
    const body = (await response.json()) as Answer['body'];
    return { status: response.status, headers: response.headers, body };
  }
  const post: PlainGateway['post'] = (resource, form = {}, key) =>
    call(resource, 'sk_test_standin', {
      method: 'POST',
      headers: key === undefined ? {} : { 'idempotency-key': key },
      body: new URLSearchParams(form),
    });

  return {
    url: () => gateway.url,
    newOrder: () => `ord_gw${String((orders += 1))}`,
    get: (resource, apiKey = 'sk_test_standin') => call(resource, apiKey, {}),
    post,
    async intentFor(orderId, ...steps) {
      const { body } = await post('payment_intents', wanted(orderId));
      for (const step of steps) await post(`payment_intents/${body.id}/${step}`);
      return body.id;
    },
    async restart() {
      await gateway.close();
      gateway = await start();
    },
    passTime(ms) {
      clock += ms;
    },
  };
}
