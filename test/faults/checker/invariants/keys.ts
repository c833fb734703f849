/** The gateway's idempotency keys: what they stand for, and when a new one may be used. */
import type { GatewayLine } from '../evidence.ts';
import { grouped, LET_GO, type Ending, type Facts } from '../facts.ts';
import type { Finding } from '../verdict.ts';

const KEY = /^((?:ord|rfd)_[0-9a-z]+):(create|confirm|capture|cancel|refund):([1-9]\d*)$/;
const CHANGING = ['create', 'confirm', 'capture', 'cancel', 'refund'];

/** M10 */
export function* keysComeFromTheBusiness({ evidence, orders }: Facts): Iterable<Finding> {
  const refunds = new Map<string, string>();
  for (const { id, final } of orders.values()) {
    for (const refundId of refundsOf(final)) refunds.set(refundId, id);
  }
  const asked = evidence.gateway.filter(
    ({ kind, operation }) => kind === 'request' && CHANGING.includes(operation),
  );
  for (const [key, lines] of grouped(asked, (line) => line.key ?? '')) {
    const orderId = lines[0]?.orderId ?? undefined;
    const wrong = whatIsWrong(key, lines, refunds);
    if (wrong !== undefined) yield { orderId, detail: `key "${key}": ${wrong}` };
  }
  const made = evidence.gateway.filter((line) => line.kind === 'effect' && line.key !== null);
  yield* repeatedEffects(made);
  yield* unprovenAttempts(asked, made, orders);
}

function refundsOf(final: {
  readonly refunds: readonly { readonly id: string }[];
  readonly events: readonly { readonly refundId?: string }[];
}): readonly string[] {
  const told = final.events.flatMap(({ refundId }) => refundId ?? []);
  return [...final.refunds.map(({ id }) => id), ...told];
}

function whatIsWrong(
  key: string,
  lines: readonly GatewayLine[],
  refunds: ReadonlyMap<string, string>,
): string | undefined {
  const [, saga = '', operation] = KEY.exec(key) ?? [];
  if (operation === undefined) return 'not of the form saga:operation:n';
  for (const line of lines) {
    if (line.operation !== operation) return `used for ${line.operation}`;
    if (line.orderId !== (refunds.get(saga) ?? saga)) return `used for ${line.orderId}`;
  }
  if (new Set(lines.map(({ path, params }) => `${path} ${params}`)).size > 1) {
    return 'stands for different requests';
  }
  return undefined;
}

function* repeatedEffects(made: readonly GatewayLine[]): Iterable<Finding> {
  for (const [key, lines] of grouped(made, (line) => line.key ?? '')) {
    const kinds = lines.map(({ effect }) => effect);
    if (new Set(kinds).size === kinds.length) continue;
    yield { orderId: lines[0]?.orderId ?? undefined, detail: `key "${key}" had its effect twice` };
  }
}

/**
 * Attempt n + 1 is made only when attempt n is dead. An intent that was never confirmed moves no
 * money, so one more may always be created.
 */
function* unprovenAttempts(
  asked: readonly GatewayLine[],
  made: readonly GatewayLine[],
  orders: Facts['orders'],
): Iterable<Finding> {
  const effects = grouped(made, ({ key }) => key ?? '');
  for (const { key, orderId, seq } of asked) {
    const keyBefore = attemptBefore(key ?? '', orders.get(orderId ?? ''));
    if (keyBefore === undefined) continue;
    const before = effects.get(keyBefore) ?? [];
    const earlier = made.filter((line) => line.seq < seq && line.orderId === orderId);
    if (before.some((attempt) => isDead(attempt, earlier))) continue;
    yield { orderId: orderId ?? undefined, detail: `"${key}" while the attempt before may live` };
  }
}

/** Under which key that which has to be dead was made, if there is anything. */
function attemptBefore(key: string, order: Ending | undefined): string | undefined {
  const [, saga, operation, n = '1'] = KEY.exec(key) ?? [];
  if (n === '1' || isNoAttempt(operation, order)) return undefined;
  // A cancel is of the intent that was created under its number.
  return `${saga}:${operation === 'cancel' ? 'create' : operation}:${Number(n) - 1}`;
}

/** The captures of an order that is shipped in parts are no attempts at one. */
function isNoAttempt(operation: string | undefined, order: Ending | undefined): boolean {
  return operation === 'create' || (operation === 'capture' && order?.shares !== undefined);
}

function isDead(attempt: GatewayLine, earlier: readonly GatewayLine[]): boolean {
  return earlier.some(({ effect = '', intent, refund }) =>
    attempt.refund === undefined
      ? intent === attempt.intent && [...LET_GO, 'declined'].includes(effect)
      : refund === attempt.refund && effect === 'refund-failed',
  );
}
