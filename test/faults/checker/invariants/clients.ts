/** Orders as clients saw them: what was accepted is there, once, and never goes back. */
import type { FinalOrder } from '../evidence.ts';
import { grouped, isAccepting, type Call, type Facts } from '../facts.ts';
import { ENDS, mayBecome, statusTold } from '../statuses.ts';
import type { Finding } from '../verdict.ts';

const MINUTES_TO_END = 15;

/** O1 */
export function* acceptedOrdersEnd(facts: Facts): Iterable<Finding> {
  const { acknowledged, orders, evidence } = facts;
  const finals = new Map(evidence.finals.map(({ id, status }) => [id, status]));
  const listed = new Set(evidence.list.map(({ id }) => id));
  const deadline = Date.parse(evidence.run.healedAt) + MINUTES_TO_END * 60_000;
  for (const orderId of acknowledged.keys()) {
    if (finals.get(orderId) === 404 || (finals.has(orderId) && !listed.has(orderId))) {
      yield { orderId, detail: 'was accepted, and is not there any more' };
    }
  }
  for (const { id: orderId, status, final } of orders.values()) {
    if (evidence.run.unresolvable.includes(orderId)) continue;
    if (!ENDS.includes(status)) yield { orderId, detail: `has not ended: ${status}` };
    else if (endOf(final) > deadline) {
      yield { orderId, detail: `ended more than ${MINUTES_TO_END} minutes after heal` };
    }
  }
}

/** When it first ended, for what is asked of it later has a time of its own. */
function endOf({ events }: FinalOrder): number {
  const end = events.find(({ type }) => ENDS.includes(statusTold(type) ?? ''));
  return Date.parse(end?.occurredAt ?? '');
}

/** O2 */
export function* oneOrderPerKey(facts: Facts): Iterable<Finding> {
  for (const [key, calls] of placedBy(facts)) {
    const ids = new Set(calls.filter(isAccepting).map(({ body }) => String(body['id'])));
    const [orderId] = ids;
    if (ids.size > 1) yield { orderId, detail: `${key} made ${[...ids].join(', ')}` };
  }
  yield* unexpectedOrders(facts);
}

function placedBy({ calls }: Facts): ReadonlyMap<string, readonly Call[]> {
  const placing = calls.filter(({ send }) => send.method === 'POST' && send.path === '/v1/orders');
  const withKey = placing.filter(({ send }) => send.key !== undefined);
  return grouped(withKey, ({ send }) => `${send.tenant} ${send.key}`);
}

/**
 * An order that no answer named must be one of those that were sent and not answered: of the same
 * tenant, for the same goods, and each key good for one.
 */
function* unexpectedOrders(facts: Facts): Iterable<Finding> {
  const left = unanswered(facts);
  for (const [orderId, rows] of grouped(facts.evidence.list, ({ id }) => id)) {
    if (rows.length > 1) yield { orderId, detail: 'stands in the lists twice' };
    const [row] = rows;
    const tenant = facts.tenants.get(orderId) ?? '';
    const asker = facts.acknowledged.get(orderId)?.[0]?.send.tenant;
    if (asker === tenant) continue;
    if (asker !== undefined) yield { orderId, detail: `of ${asker}, in the list of ${tenant}` };
    else if (!isTaken(left, goodsOf(tenant, row))) yield { orderId, detail: 'nobody placed it' };
  }
}

/** Takes one away, if there is one left. */
function isTaken(left: Map<string, number>, goods: string): boolean {
  const count = left.get(goods) ?? 0;
  left.set(goods, count - 1);
  return count > 0;
}

/** How many keys were sent for such goods and never had an accepting answer. */
function unanswered(facts: Facts): Map<string, number> {
  const keys = new Map<string, number>();
  for (const calls of placedBy(facts).values()) {
    if (calls.some(isAccepting)) continue;
    for (const goods of new Set(calls.map(({ send }) => goodsOf(send.tenant, send.body)))) {
      keys.set(goods, (keys.get(goods) ?? 0) + 1);
    }
  }
  return keys;
}

function goodsOf(tenant: string, body: unknown): string {
  const { lines } = (body ?? {}) as { lines?: readonly { sku: string; quantity: number }[] };
  const units = new Map<string, number>();
  for (const { sku, quantity } of lines ?? []) units.set(sku, (units.get(sku) ?? 0) + quantity);
  return [tenant, ...[...units].map(([sku, count]) => `${count} x ${sku}`).toSorted()].join(', ');
}

// HTTP.md, "Answers", and docs/client.md of 408, which whoever was frozen says to a request that it
// finds half read: whatever else comes, a bare 500 above all, is not in the contract.
const STATUSES = [200, 202, 400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 429, 503];

/** O3 */
export function* sameKeySameAnswer({ calls }: Facts): Iterable<Finding> {
  const withKey = calls.filter(
    ({ send, answer }) => send.method === 'POST' && send.key !== undefined && answer !== undefined,
  );
  for (const [key, same] of grouped(withKey, routeOf)) {
    const orderId = orderIdOf(same);
    const accepting = same.filter(isAccepting);
    const unwaited = accepting.filter(({ send }) => send.prefer === undefined);
    const texts = new Set(unwaited.map(({ answer }) => answer?.text));
    if (texts.size > 1) yield { orderId, detail: `${key}: ${texts.size} different answers` };
    const firsts = accepting.filter(({ answer }) => !isReplay(answer?.headers));
    if (firsts.length > 1)
      yield { orderId, detail: `${key}: accepted anew ${firsts.length} times` };
    const bodies = new Set(accepting.map(({ send }) => canonical(send.body)));
    if (bodies.size > 1) yield { orderId, detail: `${key}: accepted with different bodies` };
    for (const { answer } of same) {
      if (STATUSES.includes(answer?.status ?? 0)) continue;
      yield { orderId, detail: `${key}: answered ${answer?.status}` };
    }
  }
}

function routeOf({ send }: Call): string {
  return `${send.tenant} ${send.path} ${send.key}`;
}

function orderIdOf(calls: readonly Call[]): string | undefined {
  for (const { send, body } of calls) {
    const [id] = /ord_[0-9a-z]+/.exec(`${send.path} ${String(body['id'])}`) ?? [];
    if (id !== undefined) return id;
  }
  return undefined;
}

function isReplay(headers: Readonly<Record<string, string>> = {}): boolean {
  return headers['idempotent-replayed'] === 'true';
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.entries(value).map(([name, member]) => `${name}:${canonical(member)}`);
  return `{${members.toSorted().join()}}`;
}

/** O4 */
export function* neverSeenToGoBack({ calls, orders }: Facts): Iterable<Finding> {
  const reads = calls.filter(isRead);
  for (const [orderId, ofOrder] of grouped(reads, ({ body }) => String(body['id']))) {
    const final = orders.get(orderId)?.status;
    const moments = ofOrder
      .flatMap((call) => [
        { at: call.send.at, call, isSend: true },
        { at: call.answer?.at ?? Infinity, call, isSend: false },
      ])
      .toSorted((a, b) => a.at - b.at || Number(b.isSend) - Number(a.isSend));
    const knownAtSend = new Map<Call, string>();
    let known = 'accepted';
    for (const { call, isSend } of moments) {
      if (isSend) {
        knownAtSend.set(call, known);
        continue;
      }
      const status = String(call.body['status']);
      const before = knownAtSend.get(call) ?? 'accepted';
      if (!mayBecome(before, status)) yield { orderId, detail: `was ${before}, then ${status}` };
      if (mayBecome(known, status)) known = status;
    }
    if (final !== undefined && !mayBecome(known, final)) {
      yield { orderId, detail: `was ${known}, and is ${final} in the end` };
    }
  }
}

/** An answer that shows the order as it was then: a read, or a POST that waited. */
function isRead({ send, answer, body }: Call): boolean {
  if (answer?.status !== 200 || typeof body['status'] !== 'string') return false;
  const isGet = send.method === 'GET' && /^\/v1\/orders\/ord_[0-9a-z]+(\?|$)/.test(send.path);
  return isGet || (send.path === '/v1/orders' && send.method === 'POST');
}
