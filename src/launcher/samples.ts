/**
 * The sample orders: one for each way an order can go, placed over the public API like any
 * client's, with the stand-ins told what to do wrong. Each has a fixed Idempotency-Key, so that a
 * later start finds them again instead of placing more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Complaint } from './complaint.ts';
import type { Endpoints } from './endpoints.ts';

type Shop = Pick<Endpoints, 'apiUrl' | 'apiKey' | 'gatewayUrl' | 'temporalUiUrl'> & {
  /** Whether the gateway is our stand-in, which takes fault plans. */
  readonly gatewayIsStandIn: boolean;
};

interface Sample {
  readonly key: string;
  /** What it shows, in the words of the list. */
  readonly shows: string;
  readonly body: OrderBody;
  readonly faults?: Readonly<Record<string, { fault: string; times?: number }>>;
  readonly cancel?: true;
}

export interface OrderBody {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
  readonly customer: { readonly email: string; readonly name: string };
  readonly shippingAddress: Readonly<Record<string, string>>;
  readonly paymentMethod: string;
}

/** Places them one after the other, because a fault plan meets whoever comes next. */
export async function placeSamples(shop: Shop, say: (line: string) => void): Promise<void> {
  const placed = samples.filter(({ faults }) => faults === undefined || shop.gatewayIsStandIn);
  const width = Math.max(...placed.map(({ shows }) => shows.length));
  for (const sample of placed) {
    say(`  ${sample.shows.padEnd(width)}  ${await place(shop, sample)}`);
  }
}

/** What a first order of one's own can look like. */
export function orderOf(changes: Partial<OrderBody> = {}): OrderBody {
  return {
    lines: [{ sku: 'mug', quantity: 1 }],
    customer: { email: 'ada@example.com', name: 'Ada Lovelace' },
    shippingAddress: {
      name: 'Ada Lovelace',
      line1: '12 St James Square',
      city: 'London',
      postalCode: 'SW1Y 4JH',
      country: 'GB',
    },
    paymentMethod: 'pm_card_visa',
    ...changes,
  };
}

const { shippingAddress } = orderOf();

const samples: readonly Sample[] = [
  { key: 'sample-completed', shows: 'everything goes well', body: orderOf() },
  {
    key: 'sample-declined',
    shows: 'the card is declined',
    body: orderOf({ paymentMethod: 'pm_card_chargeDeclined' }),
  },
  {
    key: 'sample-sold-out',
    shows: 'sold out before it begins',
    body: orderOf({ lines: [{ sku: 'copper-dripper', quantity: 1 }] }),
  },
  {
    key: 'sample-cancelled',
    shows: 'cancelled in time',
    body: orderOf({ lines: [{ sku: 'lever-press', quantity: 1 }] }),
    // Held at the gateway until the cancel is accepted: otherwise the order might be faster.
    faults: { confirm: { fault: 'hang' } },
    cancel: true,
  },
  {
    key: 'sample-answer-lost',
    shows: 'charged, but the answer is lost',
    body: orderOf({ lines: [{ sku: 'kettle', quantity: 1 }] }),
    faults: { capture: { fault: 'fail-after-effect', times: 1 } },
  },
  {
    key: 'sample-address-refused',
    shows: 'refused by the carrier, made good',
    body: orderOf({ shippingAddress: { ...shippingAddress, postalCode: '00000' } }),
  },
];

async function place(shop: Shop, sample: Sample): Promise<string> {
  const { faults, key, body } = sample;
  if (faults) await control(shop, 'PUT', faults);
  try {
    const placed = await call(shop, '/v1/orders', { key, body });
    if (placed.status >= 400) return refusalOf(placed);
    const { id } = order.pick({ id: true }).parse(placed.body);
    if (sample.cancel) {
      await call(shop, `/v1/orders/${id}/cancel`, { key: `${key}-cancel` });
      await control(shop, 'DELETE');
    }
    const ended = await endOf(shop, id);
    const reason = ended.reason && ended.reason !== ended.status ? ` (${ended.reason})` : '';
    return `${ended.status}${reason}`.padEnd(28) + linkOf(shop, id);
  } finally {
    if (faults) await control(shop, 'DELETE');
  }
}

function refusalOf({ status, body }: Answer): string {
  const { type = 'no reason', title = type } = problem.parse(body);
  return `answered ${status} (${title}): no run`;
}

function linkOf({ temporalUiUrl }: Shop, id: string): string {
  return temporalUiUrl === undefined
    ? id
    : `${temporalUiUrl}/namespaces/${process.env['TEMPORAL_NAMESPACE'] ?? 'default'}/workflows/${id}`;
}

const order = z.object({ id: z.string(), status: z.string(), reason: z.string().nullish() });
const problem = z.object({ type: z.string(), title: z.string() }).partial();
const ends = ['completed', 'rejected', 'cancelled', 'refunded'];

// Three of the slowest steps: a sample that takes longer goes on without being watched.
const patienceMs = 45_000;

async function endOf(shop: Shop, id: string): Promise<z.infer<typeof order>> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const answer = await call(shop, `/v1/orders/${id}?wait=10`);
    const now = order.safeParse(answer.body);
    if (now.success && (ends.includes(now.data.status) || Date.now() > deadline)) return now.data;
    if (Date.now() > deadline) throw new Complaint(`the API answers ${answer.status} for ${id}`);
    // A wait that is answered at once must not become a busy loop.
    await sleep(200);
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function call(
  { apiUrl, apiKey }: Shop,
  path: string,
  post?: { readonly key: string; readonly body?: OrderBody },
): Promise<Answer> {
  const headers = {
    Authorization: `Bearer ${apiKey}`,
    ...(post && { 'Idempotency-Key': post.key }),
    ...(post?.body && { 'Content-Type': 'application/json' }),
  };
  const body = post?.body && { body: JSON.stringify(post.body) };
  const answer = await fetch(`${apiUrl}${path}`, {
    method: post ? 'POST' : 'GET',
    headers,
    ...body,
  });
  return { status: answer.status, body: await answer.json().catch(() => undefined) };
}

async function control({ gatewayUrl }: Shop, method: string, plan?: unknown): Promise<void> {
  const answer = await fetch(`${gatewayUrl}/control/faults`, {
    method,
    ...(plan !== undefined && {
      body: JSON.stringify(plan),
      headers: { 'Content-Type': 'application/json' },
    }),
  });
  if (!answer.ok) throw new Error(`Bug: the gateway refused a fault plan: ${await answer.text()}`);
}
