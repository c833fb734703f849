/**
 * Sends what webhook endpoints are owed, in every API process. Each delivery is lent to one of them for
 * longer than an attempt may take; whoever dies with it leaves it to the next, so it may arrive
 * twice, under the same ID. A few at a time go to each endpoint: one that is slow holds up itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { judge, SCHEDULE_SECONDS } from '../domain/webhook.ts';
import type { Attempted, EndpointId } from '../domain/webhook.ts';
import { createLoop } from './loop.ts';
import type { Loop, LoopActs } from './loop.ts';
import type { ClaimedDelivery, DeliveryQueue, WebhookTransport } from './webhook-ports.ts';
import { bodyOf } from './webhook-shown.ts';

export interface MessengerOptions {
  readonly queue: Pick<DeliveryQueue, 'claim' | 'record'>;
  readonly transport: Pick<WebhookTransport, 'send'>;
  readonly log: Logger;
  readonly timeoutSeconds: number;
  /** After so many days of nothing but failures an endpoint is disabled. */
  readonly patienceDays: number;
  readonly scheduleSeconds?: readonly number[];
  readonly everyMs?: number;
  readonly longestHoldMs?: number;
  readonly did?: LoopActs;
}

// Each costs a socket and its body. Hundreds of endpoints that all hang are needed to fill it.
const MOST_IN_FLIGHT = 500;

// To one endpoint, from one process: enough for hundreds a second where answers take milliseconds.
const PER_ENDPOINT = 8;

// An endpoint that is back is noticed within it.
const LONGEST_HOLD_MS = 60_000;

// What is about to be answered when a process stops need not be sent again.
const LAST_ANSWERS_MS = 3_000;

// However fast answers come, PostgreSQL is asked no more often than this.
const BREATH_MS = 20;

export function createMessenger(options: MessengerOptions): Loop {
  const { queue, log, everyMs = 1_000, timeoutSeconds } = options;
  const running = new Set<Promise<void>>();
  const busy = new Map<EndpointId, number>();
  const cut = new AbortController();
  // Heard also while nobody listens: an answer may come while PostgreSQL is asked.
  let answered: () => void = () => undefined;
  let news = new Promise<void>((resolve) => (answered = resolve));

  const begin = (delivery: ClaimedDelivery): void => {
    const { endpointId } = delivery;
    count(busy, endpointId, 1);
    const attempt = deliver(options, delivery, cut.signal).finally(() => {
      count(busy, endpointId, -1);
      running.delete(attempt);
      answered();
    });
    running.add(attempt);
  };
  const next = async (stopping: AbortSignal): Promise<void> => {
    await pause(BREATH_MS, stopping);
    const heard = new AbortController();
    await Promise.race([news, pause(everyMs, AbortSignal.any([stopping, heard.signal]))]);
    heard.abort();
    news = new Promise((resolve) => (answered = resolve));
  };
  const loop = createLoop({
    name: 'messenger',
    everyMs,
    log,
    async pass(stopping) {
      // To the end of what is due, and of what is under way: more may be due to the same endpoint.
      for (;;) {
        const most = MOST_IN_FLIGHT - running.size;
        // Twice: whoever is slow to write down what came of it is not taken for dead.
        const leaseMs = timeoutSeconds * 2_000;
        const asked = { busy, most, perEndpoint: PER_ENDPOINT, leaseMs };
        const claimed = most > 0 ? await queue.claim(asked) : [];
        for (const delivery of claimed) begin(delivery);
        if (stopping.aborted || (claimed.length === 0 && running.size === 0)) return;
        await next(stopping);
      }
    },
  });
  return {
    async stop() {
      await loop.stop();
      const late = setTimeout(() => cut.abort(), LAST_ANSWERS_MS);
      await Promise.all(running);
      clearTimeout(late);
    },
  };
}

function count(busy: Map<EndpointId, number>, id: EndpointId, change: number): void {
  const now = (busy.get(id) ?? 0) + change;
  if (now > 0) busy.set(id, now);
  else busy.delete(id);
}

function pause(forMs: number, signal: AbortSignal): Promise<void> {
  return sleep(forMs, undefined, { signal }).catch(() => undefined);
}

/** Never throws: what is not written down is sent again when its lease is over. */
async function deliver(
  options: MessengerOptions,
  delivery: ClaimedDelivery,
  signal: AbortSignal,
): Promise<void> {
  const { queue, log, patienceDays, did } = options;
  const { endpointId, eventId, tenantId, orderId } = delivery;
  const coordinates = { tenantId, endpointId, eventId, orderId: orderId ?? undefined };
  const at = new Date().toISOString();
  try {
    const attempted = await attempt(options, delivery, signal);
    const verdict = judge(attempted, {
      ...delivery,
      scheduleSeconds: options.scheduleSeconds ?? SCHEDULE_SECONDS,
      longestHoldMs: options.longestHoldMs ?? LONGEST_HOLD_MS,
      random: Math.random(),
    });
    const seen = { at, ...attempted };
    const disabled = await queue.record(delivery, seen, verdict, patienceDays);
    did?.('messenger', verdict.outcome === 'pending' ? 'not delivered' : verdict.outcome);
    const { status, error } = attempted;
    log.debug({ ...coordinates, status, error, outcome: verdict.outcome }, 'webhook');
    if (disabled === undefined) return;
    log.warn({ ...coordinates, status, reason: disabled }, 'the endpoint is disabled');
    did?.('messenger', 'disabled');
  } catch (error) {
    if (signal.aborted) return;
    log.warn({ ...coordinates, err: error }, 'the delivery will be tried again');
  }
}

async function attempt(
  { transport, log, timeoutSeconds }: MessengerOptions,
  { endpointId, url, eventId: id, event, secrets }: ClaimedDelivery,
  signal: AbortSignal,
): Promise<Attempted> {
  if (secrets.length === 0) {
    log.error({ endpointId }, 'no key of WEBHOOK_SECRET_KEYS opens the secret of the endpoint');
    return { error: 'not signed: its secret cannot be read', durationMs: 0 };
  }
  const message = { url, id, body: bodyOf(event), secrets };
  return await transport.send(message, { timeoutMs: timeoutSeconds * 1_000, signal });
}
