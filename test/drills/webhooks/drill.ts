/**
 * Orders whose events go to receivers that misbehave, from two API processes that are killed again
 * and again, while a secret is rotated and an endpoint is disabled by its 410. Judged is what
 * receivers have written down: every event, under its ID, signed, and none of another tenant's.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../faults/chaos/random.ts';
import { HARNESS_KEY, startApiProcess } from '../../support/api-process.ts';
import type { ApiProcess } from '../../support/api-process.ts';
import type { Receiver } from '../../support/receiver.ts';
import { createWebhookScene } from '../../support/webhook-scene.ts';
import type { DeliveryBody, EndpointBody, WebhookScene } from '../../support/webhook-scene.ts';
import { judgeTold } from './judge.ts';
import type { Judged, Owed } from './judge.ts';
import { RECEIVERS, startBadReceiver } from './receivers.ts';

export interface Drilled {
  readonly orders: number;
  readonly kills: number;
  readonly seconds: number;
  readonly judged: readonly (Judged & { readonly kind: string })[];
}

const KINDS = Object.keys(RECEIVERS);

// accepted, reserved, authorized, paid, shipped, completed.
const EVENTS_OF_AN_ORDER = 6;

const SETTINGS = {
  WEBHOOK_SECRET_KEYS: HARNESS_KEY,
  WEBHOOK_TIMEOUT_SECONDS: '1',
  // So long a schedule that chance does not come to its end.
  WEBHOOK_RETRY_SECONDS: Array.from({ length: 50 }, () => '1').join(','),
  LOG_LEVEL: 'error',
};

interface Listening {
  readonly kind: string;
  readonly receiver: Receiver;
  readonly endpoint: EndpointBody;
  readonly secrets: string[];
  /** Tests that only it was sent. */
  readonly tests: string[];
}

export async function drillWebhooks(wish: {
  readonly deliveries: number;
  readonly seed: number;
  /** Between two kills. */
  readonly killEveryMs: number;
  readonly say: (line: string) => void;
}): Promise<Drilled> {
  const { deliveries, seed, killEveryMs, say } = wish;
  const began = performance.now();
  const scene = await createWebhookScene();
  const random = createRandom(seed.toString());
  const listening = await Promise.all(
    KINDS.map(async (kind) => await listen(scene, kind, random.fork(kind).fraction)),
  );
  const orders = Math.ceil(deliveries / KINDS.length / EVENTS_OF_AN_ORDER);
  const over = new AbortController();
  const killing = keepKilling(scene.database.url, killEveryMs, over.signal);
  try {
    say(`${orders} orders, ${listening.length} endpoints, seed ${seed}`);
    await place(scene, orders, async (done) => {
      if (done === Math.ceil(orders / 3)) await rotate(scene, listening);
      if (done === Math.ceil(orders / 2)) await disable(scene, listening);
    });
    say('all orders are placed');
    for (let left = Infinity; left > 0; left = await pending(scene)) {
      if (Number.isFinite(left)) say(`${left} deliveries are owed`);
      await sleep(500);
    }
    const owed = await eventsOf(scene);
    return {
      orders,
      kills: await killing.stop(over),
      seconds: Math.round((performance.now() - began) / 1_000),
      judged: listening.map((one) => ({ kind: one.kind, ...judgeTold(one, owed) })),
    };
  } finally {
    await killing.stop(over);
    await Promise.all(listening.map(({ receiver }) => receiver.close()));
    await scene.close();
  }
}

async function listen(scene: WebhookScene, kind: string, random: () => number): Promise<Listening> {
  const receiver = await startBadReceiver(RECEIVERS[kind] ?? {}, random);
  const endpoint = await scene.endpoint(receiver.url);
  return { kind, receiver, endpoint, secrets: [endpoint.secret], tests: [] };
}

// As many as a few clients at once place.
const AT_ONCE = 4;

async function place(
  scene: WebhookScene,
  orders: number,
  after: (done: number) => Promise<void>,
): Promise<void> {
  let [begun, done] = [0, 0];
  const client = async (): Promise<void> => {
    while (begun < orders) {
      begun += 1;
      await scene.completed();
      // Somebody else's, which nobody here may hear of.
      if (begun % 10 === 0) await scene.completed(scene.globex);
      await after((done += 1));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
}

/** Both secrets sign for a second, and receivers know both. */
async function rotate(scene: WebhookScene, listening: readonly Listening[]): Promise<void> {
  const [first] = listening;
  if (first === undefined) return;
  const path = `${first.endpoint.links.self}/rotate-secret`;
  const body = { overlapSeconds: 1 };
  const { secret } = await scene.granted<EndpointBody>(scene.acme, 'POST', path, body);
  first.secrets.push(secret);
}

/** As a deploy that went wrong would: 410 for a while, until somebody sees and enables it again. */
async function disable(scene: WebhookScene, listening: readonly Listening[]): Promise<void> {
  const [steady] = listening;
  if (steady === undefined) return;
  steady.receiver.answer(410);
  const test = `${steady.endpoint.links.self}/test`;
  const { eventId } = await scene.granted<DeliveryBody>(scene.acme, 'POST', test);
  steady.tests.push(eventId);
  while ((await scene.read(steady.endpoint)).status === 'enabled') await sleep(50);
  steady.receiver.answer(204);
  await scene.granted(scene.acme, 'PATCH', steady.endpoint.links.self, { enabled: true });
}

function keepKilling(databaseUrl: string, everyMs: number, signal: AbortSignal) {
  let kills = 0;
  const keep = async (): Promise<void> => {
    for (;;) {
      const api: ApiProcess = await startApiProcess(databaseUrl, SETTINGS);
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
      await api.kill();
      if (signal.aborted) return;
      kills += 1;
    }
  };
  const both = Promise.all([keep(), keep()]);
  return {
    async stop(over: AbortController): Promise<number> {
      over.abort();
      await both;
      return kills;
    },
  };
}

async function pending({ pool }: WebhookScene): Promise<number> {
  const { rows } = await pool.query<{ left: number }>(
    `SELECT count(*)::integer AS left FROM webhook_delivery WHERE state <> 'delivered'`,
  );
  return rows[0]?.left ?? 0;
}

/** By the books of orders, not by those of deliveries. */
async function eventsOf({ pool, acme }: WebhookScene): Promise<readonly Owed[]> {
  const { rows } = await pool.query<Owed>(
    `SELECT e.id, e.order_id AS "orderId", e.sequence FROM order_event e
     JOIN "order" o ON o.id = e.order_id WHERE o.tenant_id = $1`,
    [acme.id],
  );
  return rows;
}
