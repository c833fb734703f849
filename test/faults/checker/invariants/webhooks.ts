/**
 * What tenants' servers have got, by their own books: every event, signed, and nobody else's. What is
 * wrong with it is also what `npm run drill:webhooks` asks.
 */
import type { Evidence, OrderEvent } from '../evidence.ts';
import { grouped, type Facts } from '../facts.ts';
import type { DeliveryRow, EndpointRow } from '../told.ts';
import type { Finding } from '../verdict.ts';

type Owed = Evidence['database']['order_event'][number];

/** N2 */
export function* eachEventIsTold(facts: Facts): Iterable<Finding> {
  const { webhook_endpoint: endpoints, webhook_delivery: log } = facts.evidence.database;
  for (const endpoint of endpoints) {
    const got = new Set(gotBy(facts, endpoint).map(({ id }) => id));
    const ofEndpoint = log.filter((row) => row.endpoint_id === endpoint.id);
    const deliveries = new Map(ofEndpoint.map((row) => [row.event_id, row]));
    for (const { id, order_id: orderId } of owedTo(facts, endpoint)) {
      const detail = whatIsMissing(deliveries.get(id), got.has(id));
      if (detail !== undefined) yield { orderId, detail: `${endpoint.id}: ${id} ${detail}` };
    }
  }
}

/** What is pending is still owed; what has failed is in the log with why. */
function whatIsMissing(delivery: DeliveryRow | undefined, isThere: boolean): string | undefined {
  if (delivery === undefined) return 'is not in its log';
  const { state, attempts } = delivery;
  if (state === 'delivered' && !isThere) return 'is said to be delivered, and never came';
  if (state === 'failed' && attempts.length === 0) return 'was given up, and never tried';
  return undefined;
}

function owedTo({ evidence }: Facts, endpoint: EndpointRow): readonly Owed[] {
  const { tenant_id: tenant, event_types: types, created_at: since } = endpoint;
  const { order: orders, order_event: events } = evidence.database;
  const own = new Set(orders.filter((row) => row.tenant_id === tenant).map(({ id }) => id));
  return events.filter(
    ({ order_id: id, type, occurred_at: at }) =>
      own.has(id) && types?.includes(type) !== false && at > since,
  );
}

/** One request as whoever got it sees it. */
export interface Got {
  readonly id: string;
  readonly body: string;
  readonly isSigned: boolean;
}

/** N3 */
export function* onlyTheTruthIsTold(facts: Facts): Iterable<Finding> {
  const { database, webhooks } = facts.evidence;
  const shown = shownEvents(facts);
  for (const endpoint of database.webhook_endpoint) {
    const got = gotBy(facts, endpoint);
    const tests = database.webhook_delivery.filter(({ order_id: id }) => id === null);
    const expected = [
      ...owedTo(facts, endpoint).map(({ id }) => id),
      ...tests.map(({ event_id: id }) => id),
    ];
    for (const detail of spoiltIn(got, new Set(expected))) yield { detail };
    for (const { id, body } of got) {
      const event = shown.get(id);
      if (event === undefined || JSON.stringify(event) === body) continue;
      yield { orderId: event.orderId, detail: `${id} tells something else than GET shows` };
    }
  }
  const known = new Set(database.webhook_endpoint.map(({ id }) => id));
  for (const { id, endpoint } of webhooks) {
    if (!known.has(endpoint)) yield { detail: `${id} went to ${endpoint}, which nobody made` };
  }
}

/** Signed by somebody else, changed on the way, or another tenant's. */
export function* spoiltIn(got: readonly Got[], expected: ReadonlySet<string>): Iterable<string> {
  for (const [id, requests] of grouped(got, (one) => one.id)) {
    const bodies = new Set(requests.map(({ body }) => body));
    if (bodies.size > 1) yield `${id} came with another body`;
    if (!expected.has(id)) yield `${id} is not its tenant’s`;
    if (!requests.every(({ isSigned }) => isSigned)) yield `${id} has a bad signature`;
    else if (![...bodies].every((body) => idIn(body) === id))
      yield `${id} is not the ID of its event`;
  }
}

function idIn(body: string): unknown {
  return (JSON.parse(body) as { readonly id?: unknown }).id;
}

function gotBy({ evidence }: Facts, { id }: EndpointRow): readonly Got[] {
  return evidence.webhooks.filter(({ endpoint }) => endpoint === id);
}

function shownEvents({ orders }: Facts): ReadonlyMap<string, OrderEvent> {
  const events = [...orders.values()].flatMap(({ final }) => final.events);
  return new Map(events.map((event) => [event.id, event]));
}
