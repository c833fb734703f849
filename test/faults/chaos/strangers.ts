/**
 * Who tells the APIs of events besides the gateway: without its secret, with what it signed long ago,
 * or with what it signed for somebody else. Each is sent until it is answered.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { APIS, StrangerAct } from './acts.ts';

export interface StrangeEvent {
  readonly fault: StrangerAct['fault'];
  readonly event: string;
  /** Of each try; null where there was none. */
  readonly answers: (number | null)[];
}

export interface Strangers {
  readonly told: readonly StrangeEvent[];
  /** Whether anybody has answered. */
  readonly tell: (act: StrangerAct, pause: (ms: number) => Promise<void>) => Promise<boolean>;
}

/** What the gateway of a chaos run signs its events with. */
export const GATEWAY_SECRET = 'whsec_of_the_gateway_canary';

// Twice what is taken.
const MOMENTS_OFF_S = 600;

const SIGNED: Readonly<
  Record<StrangerAct['fault'], readonly [secret: string, offSeconds: number]>
> = {
  forged: ['whsec_of_somebody_else', 0],
  outdated: [GATEWAY_SECRET, -MOMENTS_OFF_S],
  ahead: [GATEWAY_SECRET, MOMENTS_OFF_S],
  'of-nobody': [GATEWAY_SECRET, 0],
};

export function createStrangers(urls: Readonly<Record<(typeof APIS)[number], string>>): Strangers {
  const told: StrangeEvent[] = [];
  return {
    told,
    async tell({ fault, target }, pause) {
      const event = `evt_${fault}_${randomBytes(8).toString('hex')}`;
      const answers: (number | null)[] = [];
      told.push({ fault, event, answers });
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const status = await post(urls[target], bodyOf(event), SIGNED[fault]);
        answers.push(status);
        // Not now is no answer to what is in it.
        if (status !== null && status !== 503) return true;
        await pause(PAUSE_MS);
      }
      return false;
    },
  };
}

// Longer than anything is down, at that pause.
const MOST_TRIES = 30;
const PAUSE_MS = 1_000;
const PATIENCE_MS = 3_000;

/** Of a payment, and for an order, that nobody knows. */
function bodyOf(event: string): string {
  const id = randomBytes(12).toString('hex');
  const metadata = { order_id: `ord_01m${id.slice(0, 23)}` };
  const object = { id: `pi_${id}`, object: 'payment_intent', amount: 1, metadata };
  const created = Math.floor(Date.now() / 1_000);
  const type = 'payment_intent.succeeded';
  return JSON.stringify({ id: event, object: 'event', type, created, data: { object } });
}

async function post(
  url: string,
  body: string,
  [secret, offSeconds]: readonly [string, number],
): Promise<number | null> {
  const time = Math.floor(Date.now() / 1_000) + offSeconds;
  const hmac = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  const headers = {
    'Content-Type': 'application/json',
    'Stripe-Signature': `t=${time},v1=${hmac}`,
  };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(url, { method: 'POST', headers, body, signal }).catch(() => undefined);
  await answer?.arrayBuffer().catch(() => undefined);
  return answer?.status ?? null;
}
