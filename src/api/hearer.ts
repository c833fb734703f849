/**
 * Makes something of what the gateway has told: an order that goes on is told to look, and what an ended
 * or an unknown order's payment has come to is left to the reconciler, at once. Nothing is decided here,
 * and nothing is taken from an event. Runs in every API process; SKIP LOCKED in PostgreSQL keeps two from the same event.
 */
import type { Logger } from 'pino';
import type { SagaClient } from '../client/ports.ts';
import type { GatewayEventStore, TakenEvent } from './gateway-event-ports.ts';
import { createLoop, probeFirst } from './loop.ts';
import type { Loop, LoopActs } from './loop.ts';

export interface HearerOptions {
  readonly events: Pick<GatewayEventStore, 'take' | 'end'>;
  readonly sagas: Pick<SagaClient, 'hearPayment' | 'reconcileNow'>;
  readonly log: Logger;
  readonly everyMs?: number;
  readonly graceMs?: number;
  readonly did?: LoopActs;
}

interface Hearer extends Loop {
  /** There is a new one: it need not wait for the next pass. */
  readonly hear: () => void;
}

// The gateway tells of a call about as soon as it answers it: by then what it told is in our book.
const GRACE_MS = 2_000;

export function createHearer(options: HearerOptions): Hearer {
  const { log, everyMs = 1_000 } = options;
  let underWay: Promise<void> | undefined;
  let heard = 0;
  const pass = async (stopping?: AbortSignal): Promise<void> => {
    let before: number;
    do {
      before = heard;
      await handleDue(options, stopping);
    } while (heard !== before && stopping?.aborted !== true);
  };
  const loop = createLoop({ name: 'hearer', everyMs, log, pass });
  return {
    hear() {
      heard += 1;
      underWay ??= pass()
        .catch((error: unknown) => log.warn({ err: error }, 'left to the hearer'))
        .finally(() => (underWay = undefined));
    },
    async stop() {
      await Promise.all([loop.stop(), underWay]);
    },
  };
}

// Few enough to be done before anybody else may take them.
const BATCH = 50;

async function handleDue(options: HearerOptions, stopping?: AbortSignal): Promise<void> {
  for (;;) {
    const handled = await handleBatch(options);
    if (handled < BATCH || stopping?.aborted === true) return;
  }
}

/** Answers how many are done with. */
async function handleBatch(options: HearerOptions): Promise<number> {
  const { events, sagas, log, did, graceMs = GRACE_MS } = options;
  const { taken, settled } = await events.take(BATCH, graceMs);
  for (const { outcome } of settled) did?.('hearer', outcome);
  const told = await tellOrders(sagas, log, taken);
  await end(options, told, 'its order was told');
  const compared = await handOver(sagas, log, taken);
  await end(options, compared, 'handed to the reconciler');
  return settled.length + told.length + compared.length;
}

async function end(
  { events, did }: HearerOptions,
  handled: readonly TakenEvent[],
  outcome: string,
): Promise<void> {
  if (handled.length === 0) return;
  const ids = handled.map(({ id }) => id);
  await events.end(ids, outcome);
  did?.('hearer', outcome, handled.length);
}

async function tellOrders(
  sagas: Pick<SagaClient, 'hearPayment'>,
  log: Logger,
  taken: readonly TakenEvent[],
): Promise<readonly TakenEvent[]> {
  const tells = taken.flatMap((event) => (event.act === 'tell' ? [event] : []));
  return await probeFirst(tells, ({ orderId }) =>
    worked(log, { orderId }, () => sagas.hearPayment(orderId)),
  );
}

async function handOver(
  sagas: Pick<SagaClient, 'reconcileNow'>,
  log: Logger,
  taken: readonly TakenEvent[],
): Promise<readonly TakenEvent[]> {
  const compares = taken.filter(({ act }) => act === 'compare');
  if (compares.length === 0) return [];
  const isDone = await worked(log, { count: compares.length }, () => sagas.reconcileNow());
  return isDone ? compares : [];
}

async function worked(log: Logger, about: object, act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    log.warn({ ...about, err: error }, 'an event of the gateway waits');
    return false;
  }
}
