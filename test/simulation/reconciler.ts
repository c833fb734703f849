/**
 * The reconciler, one payment at a time, as src/activities/reconcile.ts looks at it: our book is read, then the
 * gateway's, then ours again; the original judges, here without any patience, and what it would give back is
 * given back.
 */
import { isEnded } from '../../src/domain/order.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { judge } from '../../src/domain/reconcile.ts';
import type { OurPayment, SeenPayment, SeenRefund } from '../../src/domain/two-books.ts';
import type { GatewayLine } from './memory/gateway-book.ts';
import { iso } from './memory/snapshot.ts';
import type { Process } from './temporal/worker.ts';
import type { World } from './world.ts';

type Effect = Extract<GatewayLine, { kind: 'effect' }>;

/** Which payment, and the order that it names. */
type Named = Pick<Effect, 'intent' | 'orderId'>;

const UNDER_WAY_MS = 900_000;
const CALL_MS = 5_000;
const US = 'ins_memory';

/** Asks again about those that a bank was still at when their orders were ended. */
export async function reconcile(world: World, worker: Process): Promise<void> {
  for (const payment of givenUp(world)) await compare(world, payment, worker);
}

/** Held for nobody, and not let go yet. */
export function lateMoney(world: World): string[] {
  return givenUp(world).flatMap(({ orderId, intent }) =>
    seenOf(world.gateway.lines, intent).heldMinor > 0n ? [`the money of ${orderId} is held`] : [],
  );
}

function givenUp({ books }: World): (Named & { readonly orderId: OrderId })[] {
  const { orders, entries, payments } = books.tables;
  return [...orders.values()].flatMap(({ id, status }) => {
    const intent = payments.get(id)?.intentId;
    const wasAtIt = entries.of(id).some(({ outcome }) => outcome === 'processing');
    return isEnded(status) && wasAtIt && intent != null ? [{ orderId: id, intent }] : [];
  });
}

/** False where it has to be done again. */
export async function compare(
  world: World,
  { intent, orderId }: Named,
  worker: Process,
): Promise<boolean> {
  const { clock, gateway, wire, seenBy } = world;
  const about = orderId ?? '';
  const id = about as OrderId;
  const before = oursOf(world, id, intent);
  const call = { process: worker, party: 'gateway', name: 'look', about, timeoutMs: CALL_MS };
  const theirs = await wire.carry(call, () => seenOf(gateway.lines, intent));
  const ours = oursOf(world, id, intent);
  if (JSON.stringify(ours) !== JSON.stringify(before)) return false;
  const now = new Date(clock());
  const patience = { now, toleranceMs: 0, underWayMs: UNDER_WAY_MS, lapseMs: Infinity };
  const findings = judge(intent, ours, theirs, patience);
  if (findings === undefined) return false;
  const port = seenBy(worker, 'gateway', about, gateway);
  for (const { remedy } of findings) {
    if (remedy === 'void') {
      await port.cancelIntent(intent, { key: `dif_${id}:cancel:1`, timeoutMs: CALL_MS });
    }
    if (remedy === 'refund') {
      const amount = { amountMinor: theirs.capturedMinor, currency: theirs.currency };
      const wanted = { intentId: intent, orderId: id, amount };
      await port.refundIntent(wanted, { key: `dif_${id}:refund:1`, timeoutMs: CALL_MS });
    }
  }
  return true;
}

/** As `our_payment` of migrations/0033. */
function oursOf({ books }: World, id: OrderId, intent: string): OurPayment {
  const { orders, payments, entries, refunds, barriers } = books.tables;
  const order = orders.get(id);
  const payment = payments.get(id);
  const own = entries.of(id);
  const asked = own.filter(({ operation }) => operation !== 'refund');
  const last = own.at(-1);
  return {
    isOwn: payment?.intentId === intent,
    installation: US,
    order: order
      ? {
          ...{ id, status: order.status, currency: order.currency },
          ...{ amount: order.amountMinor.toString(), updatedAt: iso(order.updatedAt) },
        }
      : null,
    payment: payment
      ? {
          state: payment.state,
          held: (payment.authorized - payment.captured - payment.voided).toString(),
          captured: payment.captured.toString(),
          refunded: payment.refunded.toString(),
        }
      : null,
    asked: Object.fromEntries(
      asked
        .filter(({ kind }) => kind === 'requested')
        .map(({ operation, occurredAt }) => {
          const isAnswered = asked.some(
            (one) => one.operation === operation && one.kind === 'answered',
          );
          const until = operation === 'confirm' ? payment?.waitsUntil : undefined;
          return [operation, { at: iso(Math.max(occurredAt, until ?? 0)), isAnswered }];
        }),
    ),
    lastEntryAt: last === undefined ? null : iso(last.occurredAt),
    refunds: [...refunds.values()]
      .filter(({ orderId }) => orderId === id)
      .map(({ id: name, state, gatewayId }) => ({
        ...{ state, gatewayId },
        key: name.startsWith('rfd_') ? `${name}:refund:1` : name,
      })),
    isDecidedByHand:
      order !== undefined &&
      isEnded(order.status) &&
      barriers.of(id).some(({ actionId, step }) => actionId !== null && DECIDED.includes(step)),
  };
}

const DECIDED: readonly string[] = ['authorize payment', 'refund payment'];

const STATUS: Readonly<Record<string, string>> = {
  created: 'requires_confirmation',
  'action-required': 'requires_action',
  processing: 'processing',
  declined: 'requires_payment_method',
  authorized: 'requires_capture',
  captured: 'succeeded',
  canceled: 'canceled',
};

/** From the gateway's own book, as it is at this moment. */
function seenOf(lines: readonly GatewayLine[], intent: string): SeenPayment {
  const effects = lines.filter(
    (line): line is Effect => line.kind === 'effect' && line.intent === intent,
  );
  const [first] = effects;
  if (first === undefined) throw new Error(`the gateway knows no ${intent}`);
  const refunds = refundsIn(effects);
  const capturedMinor = sumOf(effects.filter(({ effect }) => effect === 'captured'));
  const isOver = effects.some(({ effect }) => effect === 'captured' || effect === 'canceled');
  return {
    id: intent,
    status: effects.reduce((status, { effect }) => STATUS[effect] ?? status, ''),
    currency: first.currency.toUpperCase(),
    heldMinor: isOver ? 0n : sumOf(effects.filter(({ effect }) => effect === 'authorized')),
    capturedMinor,
    refundedMinor: refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
    isDisputed: false,
    hasLapsed: effects.some((line) => line.effect === 'canceled' && line.reason === 'automatic'),
    orderId: first.orderId ?? undefined,
    installation: US,
    createdAt: new Date(first.at),
    refunds,
  };
}

function refundsIn(effects: readonly Effect[]): SeenRefund[] {
  return effects.flatMap((line) =>
    line.effect === 'refunded'
      ? [
          {
            id: line.refund,
            amountMinor: BigInt(line.amount),
            key: line.metadata['idempotency_key'],
          },
        ]
      : [],
  );
}

function sumOf(effects: readonly Effect[]): bigint {
  return effects.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}
