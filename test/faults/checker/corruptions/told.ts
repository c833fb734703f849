/**
 * What the gateway told us, and we a tenant: the fixture has none, so each begins with a good book of
 * both, made of what the fixture's orders went through, and spoils that.
 */
import type { OrderEvent } from '../evidence.ts';
import type { Copy, Row } from '../copy.ts';
import type { Corruption } from './corruption.ts';

const TELLINGS = 'gateway-events.jsonl';
const HEARD = 'database/gateway_event.jsonl';
const WEBHOOKS = 'webhooks.jsonl';
const LOG = 'database/webhook_delivery.jsonl';
const ENDPOINT = 'whe_1';
const TENANT = 'ten_test';

/** As it is when all goes well. */
export function tellAll(copy: Copy): void {
  const effects = copy.rows('gateway.jsonl').filter(({ kind }) => kind === 'effect');
  const told = effects.map(({ orderId }, n) => ({
    ...{ seq: n + 1, kind: 'request', at: '', operation: 'webhook', orderId, outcome: 'delivered' },
    ...{ event: `evt_${n + 1}`, status: 200 },
  }));
  copy.write(TELLINGS, inLines(told));
  copy.write(HEARD, inLines([...told.map(({ event }) => event), 'evt_alien'].map(heard)));
  const strange = [
    { fault: 'forged', event: 'evt_forged', answers: [null, 400] },
    { fault: 'of-nobody', event: 'evt_alien', answers: [503, 200] },
  ];
  tellStrangely(copy, strange);
  const since = { created_at: '2026-01-01T00:00:00+00:00' };
  const endpoint = { id: ENDPOINT, tenant_id: TENANT, event_types: null, ...since };
  copy.write('database/webhook_endpoint.jsonl', inLines([endpoint]));
  const events = eventsOf(copy, TENANT);
  copy.write(WEBHOOKS, inLines(events.map(webhook)));
  copy.write(LOG, inLines(events.map(delivery)));
}

export const OF_TELLING: readonly Corruption[] = [
  spoilt('an event of the gateway that was taken, and is not kept', 'E1', (copy) =>
    copy.remove(HEARD, copy.row(HEARD, { id: 'evt_1' })),
  ),
  spoilt('an event that is kept twice', 'E1', (copy) =>
    copy.repeat(HEARD, copy.row(HEARD, { id: 'evt_2' })),
  ),
  spoilt('an event of nobody’s order that is lost', 'E1', (copy) =>
    copy.remove(HEARD, copy.row(HEARD, { id: 'evt_alien' })),
  ),
  spoilt('an event that we fail on', 'E1', (copy) =>
    copy.repeat(TELLINGS, copy.row(TELLINGS, { event: 'evt_1' }), { status: 500 }),
  ),
  spoilt('an event that the gateway never told of', 'E2', (copy) =>
    copy.repeat(HEARD, copy.row(HEARD, { id: 'evt_1' }), { id: 'evt_0' }),
  ),
  spoilt('a forged event that is taken', 'E2', (copy) =>
    tellStrangely(copy, [
      { fault: 'of-nobody', event: 'evt_alien', answers: [200] },
      { fault: 'forged', event: 'evt_forged', answers: [200] },
    ]),
  ),
  spoilt('an event that nothing comes of', 'E3', (copy) =>
    Object.assign(copy.row(HEARD, { id: 'evt_1' }), { handled_at: null }),
  ),
  spoilt('an event that a tenant is not told of', 'N2', (copy) =>
    copy.remove(LOG, copy.row(LOG, {}, 3)),
  ),
  spoilt('a webhook that never came', 'N2', (copy) =>
    copy.remove(WEBHOOKS, copy.row(WEBHOOKS, {}, 3)),
  ),
  spoilt('a webhook that is given up before it is tried', 'N2', (copy) =>
    Object.assign(copy.row(LOG, {}, 3), { state: 'failed', attempts: [] }),
  ),
  spoilt('a webhook with a bad signature', 'N3', (copy) =>
    Object.assign(copy.row(WEBHOOKS, {}, 3), { isSigned: false }),
  ),
  spoilt('a webhook under another ID', 'N3', (copy) =>
    Object.assign(copy.row(WEBHOOKS, {}, 3), { body: '{"id":"evt_other"}' }),
  ),
  spoilt('a webhook that tells what did not happen', 'N3', (copy) => {
    const row = copy.row(WEBHOOKS, {}, 3);
    row['body'] = String(row['body']).replace(/"captured":"\d+"/, '"captured":"7"');
  }),
  spoilt('a webhook of another tenant', 'N3', (copy) => {
    const [event] = eventsOf(copy, 'ten_other');
    if (event !== undefined) copy.repeat(WEBHOOKS, copy.row(WEBHOOKS, {}, 3), webhook(event));
  }),
];

function spoilt(what: string, invariant: string, spoil: (copy: Copy) => unknown): Corruption {
  return [
    what,
    invariant,
    'none',
    (copy) => {
      tellAll(copy);
      spoil(copy);
    },
  ];
}

function heard(id: string): Row {
  return { id, handled_at: '2026-01-01T00:00:00+00:00' };
}

function tellStrangely(copy: Copy, strange: readonly object[]): void {
  const run = JSON.parse(copy.text('run.json')) as Row;
  copy.write('run.json', JSON.stringify({ ...run, strange }));
}

function eventsOf(copy: Copy, tenant: string): readonly OrderEvent[] {
  const own = copy.rows('database/order.jsonl').filter((row) => row['tenant_id'] === tenant);
  const ids = own.map(({ id }) => id);
  const finals = copy.rows('final/orders.jsonl').filter(({ id }) => ids.includes(id));
  return finals.flatMap((row) => row['events'] as readonly OrderEvent[]);
}

function webhook(event: OrderEvent): Row {
  return { endpoint: ENDPOINT, id: event.id, isSigned: true, body: JSON.stringify(event) };
}

function delivery({ id, orderId }: OrderEvent): Row {
  const attempts = [{ status: 204 }];
  const about = { endpoint_id: ENDPOINT, event_id: id, order_id: orderId };
  return { ...about, state: 'delivered', attempts };
}

function inLines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
