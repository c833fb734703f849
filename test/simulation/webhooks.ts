/**
 * The gateway's events in the simulated world: told of every effect at any moment, several times or not at
 * all, in any order; written down, and handled as src/api/hearer.ts and migrations/0022 do. What is handed to the
 * reconciler is compared by the original (./reconciler.ts).
 */
import { isEnded } from '../../src/domain/order.ts';
import type { OrderId } from '../../src/domain/order.ts';
import type { GatewayLine } from './memory/gateway-book.ts';
import type { OrderRow, PaymentRow, RefundRow } from './memory/rows.ts';
import { Random } from './random.ts';
import { compare } from './reconciler.ts';
import type { Process } from './temporal/worker.ts';
import type { World } from './world.ts';

type Effect = Extract<GatewayLine, { kind: 'effect' }>;

/** What somebody could make of an event instead, for a test: it acts on what the event says. */
export type Naive = (world: World, effect: Effect, worker: Process) => Promise<unknown>;

interface Row {
  readonly effect: Effect;
  readonly receivedAt: number;
  nextAt: number;
  outcome: string | undefined;
}

export interface Webhooks {
  /** Reads on in the gateway's book: what it has to tell of since. */
  readonly readOn: () => void;
  /** One pass of the hearer. */
  readonly hear: (api: Process) => Promise<void>;
  /** What the reconciler does about what was handed to it. */
  readonly reconcile: (worker: Process) => Promise<void>;
  readonly unhandled: () => string[];
  readonly tally: ReadonlyMap<string, number>;
}

const GRACE_MS = 2_000;
const CALL_MS = 5_000;
const TEMPORAL_MS = 2_000;

// At once and so before the answer, or about with it, or when all is over.
const DELAYS_MS = [0, 0, 5, 20, 300, 3_000, 12_000, 90_000];
const COPIES = [1, 1, 1, 1, 2, 3, 0];

export function createWebhooks(world: World, naive?: Naive): Webhooks {
  const { gateway, scheduler, story } = world;
  const random = new Random(story.seed + 1);
  const rows = new Map<number, Row>();
  const due = new Map<string, Effect>();
  const tally = new Map<string, number>();
  const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1);
  let read = 0;

  /** Until it is written down, as a gateway insists. */
  const arrive = async (effect: Effect): Promise<void> => {
    const process = world.apis.pick(scheduler.random);
    const again = () => void scheduler.after(5_000, () => void arrive(effect));
    if (process === undefined) {
      again();
      return;
    }
    const about = effect.orderId ?? '';
    const call = { process, party: 'book', name: 'note', about, timeoutMs: CALL_MS };
    const note = () => {
      const isNew = !rows.has(effect.seq);
      const now = scheduler.now();
      if (isNew) rows.set(effect.seq, { effect, receivedAt: now, nextAt: now, outcome: undefined });
      count(isNew ? 'new' : 'repeated');
      if (isNew && isUnanswered(world, effect)) count('before the answer');
      // Whatever the hearer makes of it: at any moment the reconciler may come by itself.
      due.set(effect.intent, effect);
    };
    await world.wire.carry(call, note).catch(again);
  };

  return {
    readOn() {
      const { lines } = gateway;
      for (; read < lines.length; read += 1) {
        const line = lines[read];
        if (line?.kind !== 'effect') continue;
        for (let copies = random.pick(COPIES); copies > 0; copies -= 1) {
          scheduler.after(random.pick(DELAYS_MS), () => void arrive(line));
        }
      }
    },

    async hear(api) {
      for (const row of rows.values()) {
        if (row.outcome !== undefined || row.nextAt > scheduler.now()) continue;
        const { effect } = row;
        const { act, words } = judge(world, row);
        if (act === 'later') row.nextAt = row.receivedAt + GRACE_MS;
        else {
          row.nextAt = scheduler.now() + 5_000;
          if (act === 'tell') await tell(world, api, effect.orderId as OrderId);
          row.outcome = words;
          count(words);
        }
      }
    },

    async reconcile(worker) {
      for (const [intent, effect] of due) {
        const isDone = await (naive ?? compare)(world, effect, worker);
        if (isDone === false) continue;
        due.delete(intent);
        count('compared');
      }
    },

    unhandled: () => [
      ...[...rows.values()].flatMap(({ effect, outcome }) =>
        outcome === undefined ? [`the event of line ${effect.seq} is not handled`] : [],
      ),
      ...[...due.keys()].map((intent) => `${intent} is not compared`),
    ],
    tally,
  };
}

/** The gateway has done it, and our book has not heard of that yet. */
function isUnanswered({ books }: World, { orderId, operation }: Effect): boolean {
  const entries = books.tables.entries.of(orderId as OrderId);
  return !entries.some((entry) => entry.operation === operation && entry.kind === 'answered');
}

function judge(
  { books, scheduler }: World,
  { effect, receivedAt }: Row,
): { act: 'none' | 'later' | 'tell' | 'compare'; words: string } {
  const order = books.tables.orders.get(effect.orderId as OrderId);
  const payment = books.tables.payments.get(effect.orderId as OrderId);
  const own = payment?.intentId === effect.intent ? payment : undefined;
  if (MOVES_NOTHING.includes(effect.effect)) return { act: 'none', words: 'moves no money' };
  if (own !== undefined && isKnown([...books.tables.refunds.values()], effect, own)) {
    return { act: 'none', words: 'was known' };
  }
  if (waits(order, payment)) return TOLD;
  if (receivedAt > scheduler.now() - GRACE_MS) return { act: 'later', words: '' };
  return goesOn(order) ? TOLD : { act: 'compare', words: 'handed to the reconciler' };
}

const MOVES_NOTHING: readonly string[] = ['created', 'action-required', 'processing'];
const TOLD = { act: 'tell', words: 'its order was told' } as const;

/** As `waits_for_payment` of migrations/0030. */
function waits(order: OrderRow | undefined, payment: PaymentRow | undefined): boolean {
  const isWaited = (payment?.waitsSince ?? null) !== null;
  return isWaited && order?.gate === 'forward' && order.status === 'reserved';
}

function goesOn(order: OrderRow | undefined): boolean {
  return order !== undefined && !isEnded(order.status);
}

function isKnown(refunds: readonly RefundRow[], effect: Effect, payment: PaymentRow): boolean {
  if ('refund' in effect) {
    const own = refunds.find(({ gatewayId }) => gatewayId === effect.refund);
    return own !== undefined && (effect.effect !== 'refund-failed' || own.state !== 'requested');
  }
  return HAS_MOVED[effect.effect]?.(payment) ?? false;
}

/** By what an event of each kind tells of. */
const HAS_MOVED: Readonly<Record<string, (payment: PaymentRow) => boolean>> = {
  authorized: ({ authorized }) => authorized > 0n,
  captured: ({ captured }) => captured > 0n,
  canceled: ({ state, authorized, captured, voided }) =>
    state !== 'created' && authorized === captured + voided,
  declined: ({ state }) => state !== 'created',
};

/** A signal that is lost on a run which does not wait. */
function tell({ wire, server }: World, process: Process, about: OrderId): Promise<void> {
  const call = { process, party: 'temporal', name: 'hear', about, timeoutMs: TEMPORAL_MS };
  return wire.carry(call, () => server.look(about));
}
