/** Money by the gateway's book, beside what clients asked for and what the API shows. */
import { MONEY_COLUMNS, type GatewayLine, type Money } from '../evidence.ts';
import {
  grouped,
  isLetGo,
  LET_GO,
  moved,
  priceOf,
  sum,
  type Call,
  type Ending,
  type Facts,
} from '../facts.ts';
import type { Finding } from '../verdict.ts';

/** M4 */
export function* netIsNothingOrTotal({ orders }: Facts): Iterable<Finding> {
  for (const order of orders.values()) {
    if (!order.isJudged) continue;
    const { id: orderId, hasCompleted, money, final } = order;
    const paidBack = final.refunds.filter(({ status }) => status === 'succeeded');
    const due = hasCompleted
      ? priceOf(order) - sum(paidBack, ({ amount }) => Number(amount.value))
      : 0;
    const net = moved(money, 'captured') - moved(money, 'refunded');
    if (net !== due && !order.byHand.has('refund payment')) {
      yield { orderId, detail: `the gateway keeps ${net}, due is ${due} (${order.status})` };
    }
    const { authorized, captured, refunded } = final.order.payment;
    const shown = `${authorized}/${captured}/${refunded}`;
    const had = gatewaySums(money);
    if (shown !== had) yield { orderId, detail: `GET shows ${shown}, the gateway had ${had}` };
  }
}

function gatewaySums(money: readonly GatewayLine[]): string {
  const held = moved(money, 'authorized') - moved(money, ...LET_GO);
  return [held, moved(money, 'captured'), moved(money, 'refunded')].join('/');
}

/** M5 */
export function* amountsAgree(facts: Facts): Iterable<Finding> {
  for (const order of facts.orders.values()) {
    const { id: orderId, final } = order;
    const { amount, lines, voucher } = final.order;
    for (const [where, claimed] of claims(order, facts)) {
      if (claimed.value === amount.value && claimed.currency === amount.currency) continue;
      yield { orderId, detail: `${where}: ${inWords(claimed)}, GET: ${inWords(amount)}` };
    }
    yield* wrongLetters(order);
    const priced = sum(lines, ({ unitPrice, quantity }) => Number(unitPrice.value) * quantity);
    const off = discountOf(voucher);
    if (String(priced - off) !== amount.value) {
      yield { orderId, detail: `its lines come to ${priced} - ${off}, GET: ${inWords(amount)}` };
    }
    for (const line of order.money) {
      if (Number.isSafeInteger(line.amount) && isCurrencyOf(line, amount)) continue;
      yield { orderId, detail: `line ${line.seq} is about ${line.amount} ${line.currency}` };
    }
  }
}

function discountOf(voucher: Ending['final']['order']['voucher']): number {
  return Number(voucher?.discount.value ?? 0);
}

function isCurrencyOf({ currency = '' }: GatewayLine, amount: Money): boolean {
  return currency.toUpperCase() === amount.currency;
}

/** Who else says what the whole order costs. */
function claims(order: Ending, { acknowledged }: Facts): (readonly [string, Money])[] {
  const { id, money, shares, final } = order;
  const whole = ['created', 'authorized', ...(shares === undefined ? ['captured'] : [])];
  // To a key that has grown old only the ID is told.
  const answers = (acknowledged.get(id) ?? []).filter(({ body }) => body['archived'] !== true);
  return [
    ...answers.map(
      ({ send, body }) => [`the answer to call ${send.call}`, amountIn(body)] as const,
    ),
    ...final.events.map(({ data, sequence }) => [`event ${sequence}`, data.amount] as const),
    ...money
      .filter(({ effect = '' }) => whole.includes(effect))
      .map((line) => [`the gateway's line ${line.seq}`, ofGateway(line)] as const),
  ];
}

/** A receipt tells of what was shipped. */
function* wrongLetters(order: Ending): Iterable<Finding> {
  const price = { value: String(priceOf(order)), currency: order.final.order.amount.currency };
  for (const [where, claimed] of lettersOf(order)) {
    if (inWords(claimed) === inWords(price)) continue;
    yield { orderId: order.id, detail: `${where}: ${inWords(claimed)}, due: ${inWords(price)}` };
  }
}

function lettersOf({ mails }: Ending): (readonly [string, Money])[] {
  return mails.flatMap(({ mail, seq }) =>
    inMail(mail?.text ?? '').map((claimed) => [`mail ${seq}`, claimed] as const),
  );
}

function amountIn({ amount }: Call['body']): Money {
  return (amount ?? { value: 'nothing', currency: '' }) as Money;
}

function ofGateway({ amount, currency = '' }: GatewayLine): Money {
  return { value: String(amount), currency: currency.toUpperCase() };
}

/** "10.00 EUR" is 1000 minor units, "500 JPY" 500: as many digits as the currency has. */
function inMail(text: string): Money[] {
  return [...text.matchAll(/(?:charged|refunded) (\d+)(?:\.(\d+))? ([A-Z]{3})\b/g)].map(
    (found) => ({
      value: String(Number(`${found[1] ?? ''}${found[2] ?? ''}`)),
      currency: found[3] ?? '',
    }),
  );
}

function inWords({ value, currency }: Money): string {
  return `${value} ${currency}`;
}

/** M8 */
export function* refundedOnlyWhenAsked({ orders, calls }: Facts): Iterable<Finding> {
  const asked = grouped(
    calls.filter(({ send }) => send.method === 'POST' && /\/refunds$/.test(send.path)),
    ({ send }) => send.path.split('/')[3] ?? '',
  );
  for (const { id: orderId, hasCompleted, shares, money, final } of orders.values()) {
    if (!hasCompleted) continue;
    if (shares === undefined && money.some(isLetGo)) {
      yield { orderId, detail: 'completed, and its authorization was let go' };
    }
    const keys = new Set((asked.get(orderId) ?? []).map(({ send }) => send.key));
    const made = money.filter(
      ({ effect, operation }) =>
        operation === 'refund' && ['refunded', 'refund-pending'].includes(effect ?? ''),
    );
    for (const { key, seq } of made) {
      const isKnown = final.refunds.some(({ id }) => key?.startsWith(`${id}:`) === true);
      if (!isKnown)
        yield { orderId, detail: `line ${seq}: a refund that nobody asked for (${key})` };
    }
    if (made.length > keys.size) {
      yield { orderId, detail: `${made.length} refunds for ${keys.size} requests` };
    }
  }
}

/** M9 */
export function* cancelAndCaptureExclude({ money, orders, cancelled }: Facts): Iterable<Finding> {
  for (const [orderId, lines] of money) {
    const captured = lines.find(({ effect }) => effect === 'captured');
    if (captured === undefined) continue;
    if (cancelled.has(orderId)) {
      yield { orderId, detail: `captured (line ${captured.seq}) although a cancel was accepted` };
    }
    // What is left of a hold that was captured in part is let go.
    if (orders.get(orderId)?.shares !== undefined) continue;
    const after = lines.find(
      (line) => line.seq > captured.seq && line.intent === captured.intent && isLetGo(line),
    );
    if (after !== undefined) yield { orderId, detail: `let go (line ${after.seq}) after capture` };
  }
}

const EFFECTS_OF = {
  authorized: ['authorized'],
  captured: ['captured'],
  voided: LET_GO,
  refunded: ['refunded'],
} as const;

/** M11 */
export function* ourEntriesAgree({ orders, known, evidence }: Facts): Iterable<Finding> {
  for (const { id: orderId, entries, money, isJudged } of orders.values()) {
    if (!isJudged) continue;
    const told = toldOf(money, entries);
    for (const column of MONEY_COLUMNS) {
      const ours = sum(entries, (entry) => entry[column]);
      const theirs = moved(told, ...EFFECTS_OF[column]);
      if (ours !== theirs) yield { orderId, detail: `${column}: ${ours}, the gateway: ${theirs}` };
    }
    for (const { id, operation, n, refund_id: refund, kind } of entries) {
      const isAnnounced = entries.some(
        (entry) =>
          entry.kind === 'requested' &&
          entry.id <= id &&
          `${entry.operation}:${entry.n}:${entry.refund_id}` === `${operation}:${n}:${refund}`,
      );
      if (kind === 'answered' && !isAnnounced) {
        yield {
          orderId,
          detail: `entry ${id}: an answer to a ${operation} that was not requested`,
        };
      }
    }
  }
  for (const { id, order_id: orderId } of evidence.database.payment_entry) {
    if (!known.has(orderId)) yield { orderId, detail: `entry ${id} is of an order nobody knows` };
  }
  yield* snapshotsAddUp(evidence.snapshots);
}

/**
 * A hold that was gone before anybody wrote it down shows no amount any more: one that lapsed by itself,
 * or one that a customer had agreed to when it was about to be called off.
 */
function toldOf(
  money: readonly GatewayLine[],
  entries: readonly { readonly authorized: number }[],
): readonly GatewayLine[] {
  const isGone = money.some(
    (line) => (line.operation === 'settle' && isLetGo(line)) || line.effect === 'action-required',
  );
  if (!isGone || sum(entries, ({ authorized }) => authorized) > 0) return money;
  return money.filter((line) => line.effect !== 'authorized' && !isLetGo(line));
}

function* snapshotsAddUp(snapshots: Facts['evidence']['snapshots']): Iterable<Finding> {
  const inOrder = snapshots.toSorted((a, b) => a.at.localeCompare(b.at));
  for (const [n, { at, money }] of inOrder.entries()) {
    const shrunk = MONEY_COLUMNS.find(
      (column) => money[column] < (inOrder[n - 1]?.money[column] ?? 0),
    );
    if (shrunk !== undefined) yield { detail: `snapshot at ${at}: ${shrunk} has become less` };
    const { authorized, captured, voided, refunded } = money;
    if (captured + voided > authorized || refunded > captured) {
      yield { detail: `snapshot at ${at}: ${JSON.stringify(money)} does not add up` };
    }
  }
}
