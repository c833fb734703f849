/**
 * The evidence, joined: what each book says of an order side by side, and each client's request
 * beside its answer. Only joins, no judgement; the invariants judge.
 */
import type {
  CarrierLine,
  ClientLine,
  EntryRow,
  Evidence,
  FinalOrder,
  GatewayLine,
  MailLine,
  ReservationRow,
  Shipment,
} from './evidence.ts';
import { ENDS } from './statuses.ts';

export interface Facts {
  readonly evidence: Evidence;
  /** By ID, every order that the API showed when all was over. */
  readonly orders: ReadonlyMap<string, Ending>;
  /** Whose each order is, by the lists, or by its row. */
  readonly tenants: ReadonlyMap<string, string>;
  /** Every order that an answer, a list or a final read named. */
  readonly known: ReadonlySet<string>;
  /** The effects in the gateway's book by order, whether or not anybody knows the order. */
  readonly money: ReadonlyMap<string, readonly GatewayLine[]>;
  readonly calls: readonly Call[];
  /** By the order's ID, the calls of `POST /v1/orders` whose accepting answers named it. */
  readonly acknowledged: ReadonlyMap<string, readonly Call[]>;
  /** Orders of which a cancel was accepted, and when the first client knew. */
  readonly cancelled: ReadonlyMap<string, number>;
}

export interface Ending {
  readonly id: string;
  readonly final: FinalOrder;
  readonly status: string;
  readonly total: number;
  /** Ended, and not by plan without an end: all invariants hold of it. */
  readonly isJudged: boolean;
  /** Also true when it was refunded afterwards. */
  readonly hasCompleted: boolean;
  /** What has gone out and was captured, by number; undefined of an order that is captured as a whole. */
  readonly shares: readonly (readonly [number: number, Shipment])[] | undefined;
  readonly money: readonly GatewayLine[];
  readonly parcels: readonly CarrierLine[];
  readonly mails: readonly MailLine[];
  readonly reservations: readonly ReservationRow[];
  readonly entries: readonly EntryRow[];
  /** Steps that an operator took out of the parties' hands: marked as done, or skipped. */
  readonly byHand: ReadonlySet<string>;
}

export interface Call {
  readonly send: ClientLine;
  readonly answer?: ClientLine;
  /** The answer's body, when it is JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

export function join(evidence: Evidence): Facts {
  const money = grouped(effects(evidence.gateway), ({ orderId }) => orderId ?? 'no order');
  const calls = joinCalls(evidence.clients);
  const acknowledged = grouped(
    calls.filter((call) => call.send.path === '/v1/orders' && isAccepting(call)),
    ({ body }) => String(body['id']),
  );
  const read = [...evidence.finals, ...evidence.list].map(({ id }) => id);
  return {
    evidence,
    money,
    calls,
    orders: new Map(joinOrders(evidence, money).map((ending) => [ending.id, ending])),
    tenants: new Map([
      ...evidence.database.order.map(({ id, tenant_id }) => [id, tenant_id] as const),
      ...evidence.list.flatMap(({ id, tenant }) =>
        tenant === undefined ? [] : [[id, tenant] as const],
      ),
    ]),
    known: new Set([...read, ...acknowledged.keys()]),
    acknowledged,
    cancelled: cancels(calls),
  };
}

export function isAccepting({ send, answer }: Call): boolean {
  return send.method === 'POST' && [200, 202].includes(answer?.status ?? 0);
}

export function sum<Item>(items: Iterable<Item>, amount: (item: Item) => number): number {
  let total = 0;
  for (const item of items) total += amount(item);
  return total;
}

/** How much of an effect the gateway had. */
export function moved(money: readonly GatewayLine[], ...kinds: readonly string[]): number {
  return sum(money, ({ effect = '', amount = 0 }) => (kinds.includes(effect) ? amount : 0));
}

/** A hold ends by the merchant's void, or because it lapsed. */
export const LET_GO = ['canceled', 'expired', 'lapsed'] as const;

export function isLetGo({ effect = '' }: GatewayLine): boolean {
  return (LET_GO as readonly string[]).includes(effect);
}

export function grouped<Item>(
  items: Iterable<Item>,
  by: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = by(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function effects<Row extends { readonly kind: string }>(book: readonly Row[]): readonly Row[] {
  return book.filter(({ kind }) => kind === 'effect');
}

function joinOrders(
  evidence: Evidence,
  money: ReadonlyMap<string, readonly GatewayLine[]>,
): Ending[] {
  const { database, run } = evidence;
  const ofOrder = ({ order_id }: { readonly order_id: string }) => order_id;
  const ofLine = ({ orderId }: { readonly orderId: string | null }) => orderId ?? 'no order';
  const parcels = grouped(effects(evidence.carrier), ofLine);
  const mails = grouped(effects(evidence.mails), ofLine);
  const reservations = grouped(database.reservation, ofOrder);
  const entries = grouped(database.payment_entry, ofOrder);
  const byHand = grouped(
    database.operator_action.filter(({ action }) => ['mark-done', 'skip'].includes(action)),
    ofOrder,
  );
  return evidence.finals
    .filter(({ status }) => status === 200)
    .map((final) => {
      const { id, order, events } = final;
      return {
        ...{ id, final, status: order.status, total: Number(order.amount.value) },
        isJudged: ENDS.includes(order.status) && !run.unresolvable.includes(id),
        hasCompleted: events.some(({ type }) => type === 'order.completed'),
        shares: sharesOf(order.shipments),
        money: money.get(id) ?? [],
        parcels: parcels.get(id) ?? [],
        mails: mails.get(id) ?? [],
        reservations: reservations.get(id) ?? [],
        entries: entries.get(id) ?? [],
        byHand: new Set((byHand.get(id) ?? []).map(({ step }) => step ?? '')),
      };
    });
}

function sharesOf(shipments: readonly Shipment[] | undefined): Ending['shares'] {
  return shipments
    ?.map((shipment, n) => [n + 1, shipment] as const)
    .filter(([, { status }]) => status === 'shipped');
}

/** What its customer owes if it completes. */
export function priceOf({ total, shares }: Pick<Ending, 'total' | 'shares'>): number {
  return shares === undefined ? total : sum(shares, ([, { amount }]) => Number(amount.value));
}

function joinCalls(lines: readonly ClientLine[]): readonly Call[] {
  const answers = new Map<number, ClientLine>();
  for (const line of lines) if (line.kind === 'answer') answers.set(line.call, line);
  return lines
    .filter(({ kind }) => kind === 'send')
    .map((send) => {
      const answer = answers.get(send.call);
      return { send, body: bodyOf(answer), ...(answer !== undefined && { answer }) };
    });
}

function bodyOf(answer: ClientLine | undefined): Call['body'] {
  try {
    const body: unknown = JSON.parse(answer?.text ?? '{}');
    return typeof body === 'object' && body !== null ? (body as Call['body']) : {};
  } catch {
    return {};
  }
}

function cancels(calls: readonly Call[]): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  for (const call of calls) {
    const [, id] = /^\/v1\/orders\/(\w+)\/cancel$/.exec(call.send.path) ?? [];
    if (id === undefined || !isAccepting(call)) continue;
    known.set(id, Math.min(call.answer?.at ?? Infinity, known.get(id) ?? Infinity));
  }
  return known;
}
