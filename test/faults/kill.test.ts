/** Real processes, killed for real while orders run: nothing is lost, nothing is paid twice. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { OrderId } from '../../src/domain/order.ts';
import type { Running } from '../../src/launcher/processes.ts';
import { orderOf } from '../../src/launcher/samples.ts';
import { audit, readBook } from '../support/audit.ts';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';

const ORDERS = 20;
const SHELF = 1_000;

interface Answer {
  readonly status: number;
  readonly body: { readonly id: OrderId; readonly status?: string };
}

describe('processes that are killed', function () {
  // A workflow task that died with its worker is tried again after Temporal's ten seconds.
  this.timeout(120_000);
  let stack: ProcessStack;
  let apis: (Running & { readonly url: string })[];
  let worker: Running;
  before(async () => {
    stack = await createProcessStack();
    await stack.shop.stock('MUG', SHELF);
    const started = await Promise.all([stack.startApi(), stack.startApi(), stack.startWorker()]);
    apis = [started[0], started[1]];
    worker = started[2];
  });
  after(() => stack.close());

  const ask = async (method: string, url: string, key?: string, body?: object): Promise<Answer> => {
    const response = await fetch(url, {
      method,
      headers: {
        Authorization: `Bearer ${stack.apiKey}`,
        'Content-Type': 'application/json',
        ...(key !== undefined && { 'Idempotency-Key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
  /** As a careful client: the same key again, elsewhere, until there is an answer. */
  const place = async (key: string, body: object): Promise<OrderId> => {
    for (let attempt = 0; ; attempt += 1) {
      const { url = '' } = apis[attempt % apis.length] ?? {};
      const answer = await ask('POST', `${url}/v1/orders`, key, body).catch(() => undefined);
      if (answer?.status === 202) return answer.body.id;
      assert.ok(attempt < 100, `no answer to ${key}: ${answer?.status}`);
      await delay(50);
    }
  };
  const placeAll = () =>
    Promise.all(Array.from({ length: ORDERS }, (_, n) => place(randomUUID(), orderNumber(n))));
  const ended = async (id: OrderId): Promise<string> => {
    const api = apis.at(-1);
    const { body } = await ask('GET', `${api?.url ?? ''}/v1/orders/${id}?wait=30`);
    return body.status ?? 'unknown';
  };
  const endOf = (n: number) => (n % 5 === 3 ? 'rejected' : n % 5 === 4 ? 'refunded' : 'completed');
  const requireGoodEnds = async (ids: readonly OrderId[]) => {
    assert.equal(new Set(ids).size, ORDERS);
    const statuses = await Promise.all(ids.map(ended));
    assert.deepEqual(
      statuses,
      ids.map((_, n) => endOf(n)),
    );
    await allMailsSent(stack);
    for (const [n, id] of ids.entries()) {
      await audit(stack.parties, { id, amountMinor: '1000' }, endOf(n));
    }
    const { rows } = await stack.shop.pool.query<{ sold: number }>(
      `SELECT count(*)::int AS sold FROM "order" WHERE status = 'completed'`,
    );
    const sold = rows[0]?.sold ?? 0;
    assert.equal(await stack.shop.shelf('MUG'), `${SHELF - sold}/0/${sold}`);
  };

  it('finish every order that ran when the worker was killed', async () => {
    const placing = placeAll();
    await whileRunning(stack);
    process.kill(-worker.pid, 'SIGKILL');
    const hit = await unfinished(stack);
    worker = await stack.startWorker();
    assert.ok(hit > 0, 'orders were under way');
    await requireGoodEnds(await placing);
  });

  it('make one order per key when an API is killed, whoever retries', async () => {
    const placing = placeAll();
    await whileRunning(stack);
    const [first] = apis;
    assert.ok(first);
    process.kill(-first.pid, 'SIGKILL');
    const ids = await placing;
    await requireGoodEnds(ids);
    apis[0] = await stack.startApi();
  });

  it('make one order of 50 equal requests at once on two APIs', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        ask('POST', `${apis[n % 2]?.url ?? ''}/v1/orders`, key, orderNumber(0)),
      ),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202]);
    const ids = new Set(answers.map(({ body }) => body.id));
    assert.equal(ids.size, 1);
    const [id] = ids;
    assert.ok(id);
    assert.equal(await ended(id), 'completed');
    await audit(stack.parties, { id, amountMinor: '1000' }, 'completed');
  });

  it('never gave the gateway a key that the business did not', async () => {
    const keys = new Set(
      (await readBook(stack.parties.gatewayUrl)).flatMap(({ key }) => key ?? []),
    );
    for (const key of keys)
      assert.match(key, /^ord_[0-9a-z]+:(create|confirm|capture|cancel|refund):1$/);
  });
});

/** Every fifth is declined, every fifth cannot be shipped. */
function orderNumber(n: number): object {
  const { shippingAddress } = orderOf();
  return orderOf({
    lines: [{ sku: 'MUG', quantity: 1 }],
    ...(n % 5 === 4 && { shippingAddress: { ...shippingAddress, postalCode: '00000' } }),
    ...(n % 5 === 3 && { paymentMethod: 'pm_card_chargeDeclined' }),
  });
}

async function unfinished({ shop }: ProcessStack): Promise<number> {
  const { rows } = await shop.pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM "order"
     WHERE status NOT IN ('completed', 'rejected', 'cancelled', 'refunded')`,
  );
  return rows[0]?.count ?? 0;
}

/** Returns while orders are in the middle of their steps. */
async function whileRunning({ shop }: ProcessStack): Promise<void> {
  for (;;) {
    const { rows } = await shop.pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM "order" WHERE status IN ('reserved', 'authorized', 'paid')`,
    );
    if ((rows[0]?.count ?? 0) >= 3) return;
    await delay(2);
  }
}

async function allMailsSent({ shop }: ProcessStack): Promise<void> {
  for (;;) {
    const { rows } = await shop.pool.query('SELECT FROM mail_outbox WHERE sent_at IS NULL');
    if (rows.length === 0) return;
    await delay(50);
  }
}
