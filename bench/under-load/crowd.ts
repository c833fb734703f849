/**
 * The clients: some who place their next order when the last one is decided (a closed loop), others
 * who come when they come (an open one). Each request is noted with what it was for and how it was
 * answered; what was not answered at all counts as that.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Parcel } from '../../test/faults/chaos/courier.ts';
import { TENANTS } from '../../test/faults/chaos/shelf.ts';
import type { Stage } from './stage.ts';

/** `again` after a refusal; replay, read and cancel are of orders that were accepted. */
type Purpose = 'new' | 'again' | 'replay' | 'read' | 'cancel';

export interface Asked {
  readonly purpose: Purpose;
  readonly at: number;
  readonly ms: number;
  /** 0: there was no answer. */
  readonly status: number;
  readonly retryAfter: boolean;
}

export interface Crowd {
  readonly asked: Asked[];
  /** So many clients at once, each waiting for its order's decision; until then. */
  closedLoop(clients: number, untilAt: number): Promise<void>;
  /** One after another; milliseconds to each decision. */
  probe(times: number): Promise<readonly number[]>;
  /** An order when one is due, whether or not those before are answered. */
  openLoop(perSecond: number, untilAt: number): Promise<void>;
}

// Longer than the slowest answer that anybody should get; a client that hears nothing by then hangs.
const PATIENCE_MS = 20_000;

const WAIT_SECONDS = 15;

// Of those who were refused, one in four comes back, once, when it was told to.
const COME_BACK = 4;

// Of those who were accepted: who sends the same again and reads, and who cancels.
const LOOK_AGAIN = 10;
const CANCEL = 20;

export function createCrowd({ courier, memory, over }: Stage): Crowd {
  const asked: Asked[] = [];
  let orders = 0;

  const ask = async (
    purpose: Purpose,
    parcel: Parcel,
    api: number,
  ): Promise<Answer | undefined> => {
    const at = Date.now();
    const began = performance.now();
    const { answer } = await courier.trySend(parcel, api, asked.length);
    const ms = performance.now() - began;
    const retryAfter = answer?.headers.has('retry-after') ?? false;
    asked.push({ purpose, at, ms, status: answer?.status ?? 0, retryAfter });
    if (answer !== undefined && parcel.path === '/v1/orders') remember(answer);
    return answer;
  };
  const remember = ({ status, text }: Answer): void => {
    if (status !== 200 && status !== 202) return;
    const { id } = JSON.parse(text) as { id: string };
    if (!memory.acknowledged.has(id)) memory.acknowledged.set(id, new Set());
  };
  const pause = (ms: number) => sleep(ms, undefined, { signal: over }).catch(() => undefined);

  const place = async (): Promise<void> => {
    const n = (orders += 1);
    let answer = await ask('new', orderOf(n), n);
    if (answer?.status === 503 && n % COME_BACK === 0) {
      await pause(1_000 * Number(answer.headers.get('retry-after') ?? 1));
      answer = await ask('again', orderOf(n), n + 1);
    }
    if (answer?.status !== 202) return;
    const { id } = JSON.parse(answer.text) as { id: string };
    if (n % CANCEL === 0) await ask('cancel', cancelOf(n, id), n);
    if (n % LOOK_AGAIN !== 0) return;
    await pause(1_000);
    await ask('replay', orderOf(n), n + 1);
    await ask('read', readOf(n, id), n);
  };

  const decided = async (): Promise<number> => {
    const n = (orders += 1);
    const began = performance.now();
    while (!over.aborted) {
      const answer = await ask('new', { ...orderOf(n), prefer: `wait=${WAIT_SECONDS}` }, n);
      if (answer?.status === 200) break;
      if (answer?.status === 503) await pause(1_000);
    }
    return performance.now() - began;
  };

  return {
    asked,
    async closedLoop(clients, untilAt) {
      const client = async () => {
        while (Date.now() < untilAt && !over.aborted) await decided();
      };
      await Promise.all(Array.from({ length: clients }, client));
    },
    async probe(times) {
      const took: number[] = [];
      for (let n = 0; n < times; n += 1) took.push(await decided());
      return took;
    },
    async openLoop(perSecond, untilAt) {
      const beganAt = Date.now();
      const under: Promise<void>[] = [];
      for (let n = 0; beganAt + (1_000 * n) / perSecond < untilAt && !over.aborted; n += 1) {
        await pause(Math.max(0, beganAt + (1_000 * n) / perSecond - Date.now()));
        under.push(place());
      }
      await Promise.all(under);
    },
  };
}

function orderOf(n: number): Parcel {
  const tenant = TENANTS[n % TENANTS.length] ?? TENANTS[0];
  const line = (sku: number, quantity: number) => ({ sku: `${tenant}-${sku % 40}`, quantity });
  const lines = n % 3 === 0 ? [line(n, 1), line(n + 7, 2)] : [line(n, 1)];
  return {
    ...{ client: n, tenant, method: 'POST', path: '/v1/orders', name: `${n}-order` },
    key: `load-${n}`,
    body: {
      lines,
      customer: { email: `buyer-${n}@load.example`, name: 'A Buyer' },
      shippingAddress: {
        name: 'A Buyer',
        line1: `${n} Queue Street`,
        city: 'London',
        postalCode: 'SW1Y 4JH',
        country: 'GB',
      },
      paymentMethod: 'pm_card_visa',
    },
    timeoutMs: PATIENCE_MS,
  };
}

function readOf(n: number, id: string): Parcel {
  const { client, tenant } = orderOf(n);
  const path = `/v1/orders/${id}`;
  return { client, tenant, method: 'GET', path, name: `${n}-read`, timeoutMs: PATIENCE_MS };
}

function cancelOf(n: number, id: string): Parcel {
  const path = `/v1/orders/${id}/cancel`;
  return { ...readOf(n, id), method: 'POST', path, name: `${n}-cancel`, key: `load-${n}-cancel` };
}
