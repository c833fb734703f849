/** One client living one story: it orders, follows, cancels, and asks for its money back. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Courier, Parcel } from './courier.ts';
import { keepShop, rest } from './merchant.ts';
import type { Random } from './random.ts';
import { ENDS } from './stories.ts';
import type { Story } from './stories.ts';

export interface Memory {
  /** Of everything that was acknowledged: by order, the refunds that were. */
  readonly acknowledged: Map<string, Set<string>>;
  /** By order, the end that its client has seen. */
  readonly ends: Map<string, string>;
  /** Orders whose clients wait for something yet. */
  readonly followed: Set<string>;
  /** Final answers to an order, by status. */
  readonly answers: Map<number, number>;
}

export interface World {
  readonly courier: Courier;
  readonly memory: Memory;
  readonly over: AbortSignal;
  /** Nothing breaks any more, or the run is over. */
  readonly healed: Promise<void>;
}

export async function live(story: Story, random: Random, world: World): Promise<void> {
  const { courier } = world;
  const place = (sender: number): Promise<Answer | undefined> =>
    courier.send(orderParcel(story, sender), random.fork(`sender-${sender}`));
  const senders = Array.from({ length: story.senders }, (_, sender) => place(sender));
  const [answer] = await Promise.all(senders);
  const id = remember(answer, world);
  if (id === undefined) return;
  world.memory.followed.add(id);
  await Promise.all([
    sendAgain(story, random.fork('again'), world),
    cancel(story, id, random.fork('cancel'), world),
    keepShop(story, id, random.fork('merchant'), world),
    rest(story, world).then(() => follow(story, id, random.fork('follow'), world)),
  ]);
  await askForRefunds(story, id, random.fork('refunds'), world);
  world.memory.followed.delete(id);
}

function remember(answer: Answer | undefined, { memory }: World): string | undefined {
  if (answer === undefined) return undefined;
  const { status, text } = answer;
  memory.answers.set(status, (memory.answers.get(status) ?? 0) + 1);
  if (status !== 200 && status !== 202) return undefined;
  const { id } = JSON.parse(text) as { id: string };
  if (!memory.acknowledged.has(id)) memory.acknowledged.set(id, new Set());
  return id;
}

// Beyond what a waiting request may take; a client on a bad line is less patient.
const TIMEOUTS_MS = [1_000, 3_000, 6_000, 10_000] as const;

function orderParcel(story: Story, sender: number): Parcel {
  const { n, tenant, key, body, waitSeconds } = story;
  return {
    client: n,
    tenant,
    method: 'POST',
    path: '/v1/orders',
    name: `${n}-order-${sender}`,
    key,
    body,
    ...(waitSeconds !== undefined && { prefer: `wait=${waitSeconds}` }),
    timeoutMs: (TIMEOUTS_MS[(n + sender) % TIMEOUTS_MS.length] ?? 0) + (waitSeconds ?? 0) * 1_000,
  };
}

// No story has as many senders.
const AGAIN = 9;

/** The same key later: with its own body a replay, with another one a mistake. */
async function sendAgain(story: Story, random: Random, { courier }: World): Promise<void> {
  if (story.again === undefined) return;
  await sleep(random.int(0, 2_000));
  const parcel = orderParcel(story, AGAIN);
  const [first, ...more] = story.body.lines;
  const lines = [{ sku: first?.sku ?? '', quantity: (first?.quantity ?? 0) + 1 }, ...more];
  const body = story.again === 'same' ? story.body : { ...story.body, lines };
  await courier.send({ ...parcel, body }, random);
}

async function cancel(story: Story, id: string, random: Random, world: World): Promise<void> {
  if (story.cancelAfterMs === undefined) return;
  await sleep(story.cancelAfterMs);
  const { n, tenant, key } = story;
  await world.courier.send(
    {
      client: n,
      tenant,
      method: 'POST',
      path: `/v1/orders/${id}/cancel`,
      name: `${n}-cancel`,
      key: `${key}-cancel`,
      timeoutMs: random.pick(TIMEOUTS_MS),
    },
    random,
  );
}

/** Until the order has ended, as this client sees it. */
async function follow(story: Story, id: string, random: Random, world: World): Promise<void> {
  if (story.follows === 'streams') await readStream(story, id, random, world);
  let visit: Promise<void> | undefined;
  for (let look = 0; !world.over.aborted; look += 1) {
    const waits = story.follows === 'waits';
    const answer = await world.courier.send(
      {
        client: story.n,
        tenant: story.tenant,
        method: 'GET',
        path: `/v1/orders/${id}${waits ? '?wait=5' : ''}`,
        name: `${story.n}-look-${look}`,
        timeoutMs: 8_000,
      },
      random,
    );
    if (answer?.status === 200) {
      const { status, payment } = JSON.parse(answer.text) as Seen;
      if (ENDS.includes(status)) {
        world.memory.ends.set(id, status);
        break;
      }
      visit ??= payment.action && visitBank(story, { id, url: payment.action.url }, random, world);
    }
    await sleep(random.int(200, 1_500));
  }
  await visit;
}

interface Seen {
  readonly status: string;
  readonly payment: { readonly action?: { readonly url: string } };
}

/** As a customer does who is sent to their bank: once, if the bank can be reached. */
async function visitBank(
  { n, tenant, bank }: Story,
  { id, url }: { readonly id: string; readonly url: string },
  random: Random,
  { courier, over }: World,
): Promise<void> {
  if (bank === undefined || bank.answer === 'nothing') return;
  await sleep(bank.afterMs, undefined, { signal: over }).catch(() => undefined);
  const body = new URLSearchParams({ answer: bank.answer });
  const pressed = { method: 'POST', body, redirect: 'manual', signal: over } as const;
  await fetch(url, pressed).catch(() => undefined);
  if (!bank.isBack) return;
  const path = `/v1/orders/${id}/payment/return`;
  const timeoutMs = random.pick(TIMEOUTS_MS);
  const parcel = { client: n, tenant, method: 'POST', path, name: `${n}-back`, timeoutMs } as const;
  await courier.send(parcel, random.fork('back'));
}

// A stream that a fault has silenced is opened again.
const STREAM_MS = 15_000;

/** Goes on where it was cut, by the last event's ID. */
async function readStream(story: Story, id: string, random: Random, world: World): Promise<void> {
  let lastEventId: string | undefined;
  for (let attempt = 0; !world.over.aborted; attempt += 1) {
    const { answer, text } = await world.courier.trySend(
      {
        client: story.n,
        tenant: story.tenant,
        method: 'GET',
        path: `/v1/orders/${id}/events`,
        name: `${story.n}-stream`,
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { lastEventId }),
        timeoutMs: STREAM_MS,
      },
      attempt,
      attempt,
    );
    lastEventId = lastIdIn(text) ?? lastEventId;
    // 204: there is nothing to come; 200: it has said the last.
    if (answer?.status === 204 || answer?.status === 200) return;
    await sleep(random.int(50, 1_000));
  }
}

function lastIdIn(text: string): string | undefined {
  return [...text.matchAll(/^id: ?(\S+)$/gm)].at(-1)?.[1];
}

async function askForRefunds(story: Story, id: string, random: Random, world: World) {
  const ask = async ({ key, body }: Story['refunds'][number], i: number): Promise<void> => {
    const { n: client, tenant } = story;
    const path = `/v1/orders/${id}/refunds`;
    const name = `${client}-refund-${i}`;
    const timeoutMs = random.pick(TIMEOUTS_MS);
    const parcel = { client, tenant, method: 'POST', path, name, key, body, timeoutMs } as const;
    const answer = await world.courier.send(parcel, random.fork(key));
    if (answer?.status !== 202) return;
    const refund = (JSON.parse(answer.text) as { id: string }).id;
    world.memory.acknowledged.get(id)?.add(refund);
  };
  if (story.together) await Promise.all(story.refunds.map(ask));
  else for (const [i, refund] of story.refunds.entries()) await ask(refund, i);
}
