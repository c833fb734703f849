/**
 * Tells the shop of what has happened, as Stripe does: each event signed anew for each try, sent until it is
 * answered 2xx, with ever longer pauses, and in no order that anybody promises. What was delivered is in a
 * book of its own, so that a stand-in that starts again goes on with the rest.
 */
import { createHmac } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Book, EffectLine, RequestLine } from '../book.ts';
import type { Asker } from '../draw.ts';
import { EVENT_FAULTS } from '../faults.ts';
import type { FaultPlan, Meeting } from '../plan.ts';
import type { GatewayEffect, Json } from './model.ts';

export interface Endpoint {
  /** In turn, as a load balancer would have it. */
  readonly urls: readonly string[];
  readonly secret: string;
}

export interface GatewayNews extends Asker {
  readonly event: Json;
  readonly intent: string;
}

export function newsOf({ orderId, requestId, intent }: GatewayEffect, event: Json): GatewayNews {
  return { orderId, requestId, intent, event };
}

export interface Delivery extends RequestLine {
  readonly event: string;
  readonly type: string;
  readonly url: string | null;
  readonly status: number | null;
}

export interface Sender {
  /** Resolves at once, save for what is to be there before the answer to whoever caused it. */
  offer(news: GatewayNews): Promise<void>;
  /** Whom it tells from now on. */
  introduce(endpoint: Endpoint): void;
  /** What has not been delivered, and may be. */
  readonly pending: () => number;
  close(): Promise<void>;
}

interface SenderOptions {
  readonly endpoint: Endpoint | undefined;
  readonly book: Pick<Book<EffectLine, Delivery>, 'append'>;
  readonly faults: Pick<FaultPlan<'webhook'>, 'meet'>;
  readonly now: () => number;
}

export function createSender(options: SenderOptions): Sender {
  const whom = { endpoint: options.endpoint };
  const closing = new AbortController();
  // One for each event that is on its way.
  setMaxListeners(0, closing.signal);
  const { deliver, lose } = createDelivery(options, whom, closing.signal);
  const underWay = new Set<Promise<void>>();
  const held = createHeld();

  const send = async (news: GatewayNews, meeting: Meeting): Promise<void> => {
    switch (meeting.strike(EVENT_FAULTS)) {
      case 'lost':
        await lose(news, meeting);
        return;
      case 'delayed':
        await meeting.later(() => deliver(news, meeting));
        return;
      case 'reordered':
        await Promise.race([held.until(news), meeting.later(() => Promise.resolve())]);
        await deliver(news, meeting);
        return;
      case 'duplicate':
        await Promise.all([deliver(news, meeting), deliver(news, meeting)]);
        await deliver(news, meeting);
        return;
      case undefined:
        await deliver(news, meeting);
    }
  };

  return {
    async offer(news) {
      if (whom.endpoint === undefined) return;
      const meeting = options.faults.meet('webhook', news);
      const isEarly = meeting.strike(['early']) !== undefined;
      const sending = send(news, meeting).finally(() => {
        underWay.delete(sending);
        held.release(news);
      });
      underWay.add(sending);
      // One that nobody takes holds up no answer for ever.
      if (isEarly) await Promise.race([sending, pause(EARLY_MS, closing.signal)]);
    },
    introduce: (endpoint) => void (whom.endpoint = endpoint),
    pending: () => underWay.size,
    async close() {
      closing.abort();
      held.giveUp();
      await Promise.all(underWay);
    },
  };
}

/** Each try is written down before the next one. */
function createDelivery(
  { book, now }: SenderOptions,
  whom: { readonly endpoint: Endpoint | undefined },
  closing: AbortSignal,
) {
  const inTurn = createLanes();
  let sent = 0;
  const note = (news: GatewayNews, meeting: Meeting, outcome: string, told: Told = UNTOLD) =>
    book.append([], {
      kind: 'request',
      at: new Date(now()).toISOString(),
      operation: 'webhook',
      orderId: news.orderId,
      requestId: news.requestId,
      fault: meeting.struck(),
      outcome,
      event: String(news.event['id']),
      type: String(news.event['type']),
      ...told,
    });
  return {
    lose: (news: GatewayNews, meeting: Meeting) => note(news, meeting, 'lost'),
    deliver: async (news: GatewayNews, meeting: Meeting): Promise<void> => {
      for (let tries = 0; whom.endpoint !== undefined && !closing.aborted; tries += 1) {
        const { urls, secret } = whom.endpoint;
        const url = urls[(sent += 1) % urls.length] ?? '';
        const body = JSON.stringify(news.event);
        const status = await inTurn(() => post(url, body, sign(body, secret, now()), closing));
        // Nobody knows what became of one that was cut off: it is sent again after the restart.
        if (status === 'cut off') return;
        const isTaken = status !== null && status >= 200 && status < 300;
        await note(news, meeting, isTaken ? 'delivered' : 'failed', { url, status });
        if (isTaken) return;
        await pause(Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS), closing);
      }
    },
  };
}

type Told = Pick<Delivery, 'url' | 'status'>;
const UNTOLD: Told = { url: null, status: null };

// Stripe's pauses are minutes and hours; whoever develops has less patience.
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

// Shorter than a call of the shop waits for its answer.
const EARLY_MS = 1_000;

// As long as Stripe waits for an answer, about.
const PATIENCE_MS = 10_000;

/** The status; null where there was no answer. */
async function post(
  url: string,
  body: string,
  signature: string,
  closing: AbortSignal,
): Promise<number | null | 'cut off'> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(PATIENCE_MS)]);
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    'Stripe-Signature': signature,
  };
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return closing.aborted ? 'cut off' : null;
  }
}

function sign(body: string, secret: string, nowMs: number): string {
  const time = Math.floor(nowMs / 1_000);
  const hmac = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  return `t=${time},v1=${hmac}`;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

// As many as one process of the shop takes without a thought.
const LANES = 16;

/** So many at a time. */
function createLanes() {
  const waiting: (() => void)[] = [];
  let free = LANES;
  return async <Done>(work: () => Promise<Done>): Promise<Done> => {
    if (free === 0) await new Promise<void>((go) => waiting.push(go));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/** Those that come after the next one of the same payment. */
function createHeld() {
  const byIntent = new Map<string, { event: Json; go: () => void }[]>();
  return {
    until: ({ event, intent }: GatewayNews) =>
      new Promise<void>((go) => {
        byIntent.set(intent, [...(byIntent.get(intent) ?? []), { event, go }]);
      }),
    release({ event, intent }: GatewayNews) {
      const others = byIntent.get(intent) ?? [];
      byIntent.delete(intent);
      for (const other of others) if (other.event !== event) other.go();
    },
    giveUp() {
      for (const { go } of [...byIntent.values()].flat()) go();
    },
  };
}
