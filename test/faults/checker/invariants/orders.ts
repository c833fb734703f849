/** Orders by their events, their runs, and the parties' books: one end each, and only legal ways. */
import type {
  Evidence,
  FinalOrder,
  GatewayLine,
  OrderEvent,
  Run,
  WorkflowRun,
} from '../evidence.ts';
import { grouped, isLetGo, LET_GO, moved, type Ending, type Facts } from '../facts.ts';
import { ENDS, isLegalMove, statusTold } from '../statuses.ts';
import type { Finding } from '../verdict.ts';

/** O5 */
export function* everyWayIsLegal({ orders, evidence }: Facts): Iterable<Finding> {
  const dumped = grouped(evidence.database.order_event, ({ order_id }) => order_id);
  for (const { id: orderId, final } of orders.values()) {
    for (const detail of whatIsIllegal(final)) yield { orderId, detail };
    const read = final.events.map(({ id, sequence, type }) => `${sequence} ${id} ${type}`);
    const kept = (dumped.get(orderId) ?? [])
      .toSorted((a, b) => a.sequence - b.sequence)
      .map(({ id, sequence, type }) => `${sequence} ${id} ${type}`);
    const differs = kept.findIndex((event, n) => event !== read[n]);
    if (differs >= 0 || kept.length !== read.length) {
      yield { orderId, detail: `${read.length} events were read, ${kept.length} are in the book` };
    }
  }
}

function* whatIsIllegal({ id, order, events }: FinalOrder): Iterable<string> {
  let status = 'nothing';
  for (const [n, { sequence, type, orderId, data }] of events.entries()) {
    if (sequence !== n + 1) yield `event ${n + 1} has sequence ${sequence}: a gap, or a repeat`;
    if (orderId !== id) yield `event ${sequence} is of ${orderId}`;
    const told = statusTold(type);
    if (!(told === undefined ? isKnown(type, status) : isLegal(status, told))) {
      yield `event ${sequence}: ${type} after ${status} is not legal`;
    }
    status = told ?? status;
    if (data.status !== status) yield `event ${sequence} (${type}) shows ${data.status}`;
  }
  if (new Set(events.map((event) => event.id)).size < events.length) yield 'two events have one ID';
  if (order.status !== status) yield `the last event tells ${status}, GET ${order.status}`;
  yield* afterTheEnd(events);
}

function isLegal(from: string, to: string): boolean {
  return from === 'nothing' ? to === 'accepted' : isLegalMove(from, to);
}

const OTHER_TYPES = ['order.needs_operator', 'order.operator_resolved'];

function isKnown(type: string, status: string): boolean {
  if (type === 'order.action_required') return status === 'reserved';
  if (type === 'shipment.shipped') return status === 'paid';
  if (/^shipment\.(requested|refused)$/.test(type)) return ['authorized', 'paid'].includes(status);
  return OTHER_TYPES.includes(type) || /^refund\.(requested|succeeded|failed)$/.test(type);
}

/** Each refund is requested once and settled once. */
function* afterTheEnd(events: readonly OrderEvent[]): Iterable<string> {
  const ofRefunds = events.filter(({ refundId }) => refundId !== undefined);
  for (const [refund, told] of grouped(ofRefunds, ({ refundId }) => refundId ?? '')) {
    const types = told.map(({ type }) => type).join(', ');
    if (!/^refund\.requested(, refund\.(succeeded|failed))?$/.test(types)) {
      yield `of ${refund} is told: ${types}`;
    }
  }
}

/** O6 */
export function* everyRunIsOver({ evidence, orders }: Facts): Iterable<Finding> {
  const { run, runs, database } = evidence;
  const asked = database.refund.filter(({ request_id: request }) => request !== null);
  const sagas = new Set([...database.order, ...asked].map(({ id }) => id));
  const ownerOf = new Map(
    [...orders.values()].flatMap(({ id, final }) => final.refunds.map((refund) => [refund.id, id])),
  );
  const byWorkflow = grouped(runs, ({ workflowId }) => workflowId);
  for (const id of sagas) {
    const orderId = ownerOf.get(id) ?? id;
    if (run.unresolvable.includes(orderId)) continue;
    const details = whatIsOpen(id, byWorkflow.get(id) ?? [], mayEnd(run, id));
    for (const detail of details) yield { orderId, detail };
  }
  for (const id of byWorkflow.keys()) {
    if (!sagas.has(id)) yield { orderId: id, detail: 'has a run, and is in no book' };
  }
  yield* rowsThatDiffer(evidence, orders);
}

function* rowsThatDiffer({ database }: Evidence, orders: Facts['orders']): Iterable<Finding> {
  for (const { id: orderId, status } of database.order) {
    const shown = orders.get(orderId)?.status ?? status;
    if (shown !== status) yield { orderId, detail: `GET shows ${shown}, its row ${status}` };
  }
}

/** A worker may bring an order to its end in a run that was terminated meanwhile (docs/operations.md). */
function mayEnd({ deeds = [] }: Run, id: string): readonly string[] {
  const isEnded = deeds.some(
    ({ deed, workflowId }) => workflowId === id && ['terminate', 'start-again'].includes(deed),
  );
  return isEnded ? ['completed', 'terminated'] : ['completed'];
}

function* whatIsOpen(
  id: string,
  runs: readonly WorkflowRun[],
  ends: readonly string[],
): Iterable<string> {
  const inOrder = runs.toSorted((a, b) => a.startTime.localeCompare(b.startTime));
  const statuses = inOrder.map(({ status }) => status.toLowerCase());
  const latest = statuses.at(-1) ?? 'not there';
  if (!ends.includes(latest)) yield `the latest run of ${id} is ${latest}`;
  if (statuses.slice(0, -1).includes('running')) yield `an earlier run of ${id} is open`;
}

/** O7 */
export function* everyEffectIsCountered({ orders }: Facts): Iterable<Finding> {
  for (const order of orders.values()) {
    if (!order.isJudged || order.byHand.size > 0) continue;
    for (const detail of order.hasCompleted ? countered(order) : owed(order)) {
      yield { orderId: order.id, detail };
    }
  }
}

function count(order: Ending, ...kinds: readonly string[]): number {
  return order.money.filter(({ effect = '' }) => kinds.includes(effect)).length;
}

function parcels({ parcels: lines }: Ending, kind: string): number {
  return lines.filter(({ effect }) => effect === kind).length;
}

function* countered(order: Ending): Iterable<string> {
  // Shipped in parts, it may have been held twice, and a part that nobody paid for is called back.
  if (order.shares === undefined) {
    if (count(order, ...LET_GO) > 0) yield 'completed, and its authorization was let go';
    if (parcels(order, 'cancelled') > 0) yield 'completed, and its parcel was called back';
  }
  for (const { sku, state } of order.reservations) {
    if (!['sold', 'restocked'].includes(state)) yield `completed, and its ${sku} is ${state}`;
  }
}

function* owed(order: Ending): Iterable<string> {
  const { money, status, reservations } = order;
  const lettings = money.filter((line) => (line.amount ?? 0) > 0 && isLetGo(line)).length;
  const holds = count(order, 'authorized') - count(order, 'captured');
  if (holds !== lettings) yield `${holds} holds not captured, ${lettings} let go`;
  const refunds = count(order, 'refunded');
  if (refunds !== count(order, 'captured')) yield `${refunds} refunds of what was captured`;
  if (moved(money, 'captured') !== moved(money, 'refunded')) yield 'captured, and not paid back';
  const shipped = parcels(order, 'shipped');
  const back = parcels(order, 'cancelled');
  if (shipped !== back) yield `${shipped} parcels sent, ${back} called back`;
  const owedState = status === 'refunded' ? 'restocked' : 'released';
  for (const { sku, state } of reservations) {
    if (state !== owedState) yield `${sku} is ${state}, not ${owedState}`;
  }
}

/** O8 */
export function* queueIsAsPlanned({ orders, evidence }: Facts): Iterable<Finding> {
  const { database, run } = evidence;
  const waiting = new Set([
    ...database.parked_step.map(({ order_id }) => order_id),
    ...database.order.filter((row) => row.needs_operator).map(({ id }) => id),
    ...[...orders.values()].filter(({ final }) => final.order.needsOperator).map(({ id }) => id),
  ]);
  for (const orderId of waiting) {
    if (!run.unresolvable.includes(orderId)) {
      yield { orderId, detail: 'waits for an operator, without need' };
    }
  }
  for (const orderId of run.unresolvable) {
    if (!waiting.has(orderId) && !ENDS.includes(orders.get(orderId)?.status ?? '')) {
      yield { orderId, detail: 'cannot be resolved, and no operator is called' };
    }
  }
}

// Three calls make an order go well; the rest is for doubts and repeats.
const CALLS_PER_ORDER = 20;
const HOT_ATTEMPTS = 10;

/** O9 */
export function* noRetryStorm(facts: Facts): Iterable<Finding> {
  const { finals, gateway, run, runs } = facts.evidence;
  const { hotAttempts = HOT_ATTEMPTS, callsPerOrder = CALLS_PER_ORDER } = run.budgets ?? {};
  const calls = gateway.filter(({ kind }) => kind === 'request');
  if (calls.length > callsPerOrder * Math.max(1, finals.length)) {
    const [orderId, most] = mostCalled(calls);
    yield { orderId, detail: `${calls.length} calls for ${finals.length} orders; most: ${most}` };
  }
  for (const { workflowId: orderId, history = [] } of runs) {
    // What is parked is tried without end, on purpose, and slowly.
    if (history.some(({ activity }) => activity === 'callOperator')) continue;
    const most = Math.max(0, ...history.map(({ attempts = 0 }) => attempts));
    if (most > hotAttempts) yield { orderId, detail: `an activity was tried ${most} times` };
  }
}

function mostCalled(calls: readonly GatewayLine[]): readonly [orderId: string, calls: number] {
  const byOrder = grouped(calls, ({ orderId }) => orderId ?? 'no order');
  const counts = [...byOrder].map(([id, ofOrder]) => [id, ofOrder.length] as const);
  return counts.toSorted(([, a], [, b]) => b - a)[0] ?? ['no order', 0];
}

/** O10 */
export function* cancelledOrShipped({ orders, cancelled }: Facts): Iterable<Finding> {
  for (const orderId of cancelled.keys()) {
    const order = orders.get(orderId);
    if (order?.isJudged !== true) continue;
    const net = moved(order.money, 'captured') - moved(order.money, 'refunded');
    const onTheWay = parcels(order, 'shipped') - parcels(order, 'cancelled');
    // Refused or failed at the same moment, it may end as that.
    const isUnwound = ['cancelled', 'rejected'].includes(order.status);
    if (isUnwound && net === 0 && onTheWay === 0) continue;
    const detail = `a cancel was accepted: ${order.status}, ${net} kept, ${onTheWay} parcels`;
    yield { orderId, detail };
  }
}
