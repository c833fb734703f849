/** One word about all that is parked by one cause: at a bounded rate, each step once, whoever dies. */
import assert from 'node:assert/strict';
import { createRetrier } from '../../src/api/retrier.ts';
import { eventually } from './harness.ts';
import type { ProblemBody } from './harness.ts';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';

describe('A word about all of a cause', () => {
  let scene: OperationsScene;
  before(async () => (scene = await createOperationsScene()));
  after(() => scene.close());

  const MANY = 1_000;

  /** Parked by one cause, each with the IDs of its own. */
  const parkMany = async (n: number, prefix: string): Promise<string> => {
    await scene.pool.query(
      `INSERT INTO "order" (id, tenant_id, amount, currency, payment_method, customer_name,
         customer_email, shipping_address, request_id, needs_operator)
       SELECT 'ord_' || $2 || lpad(n::text, 25, '0'), 'ten_acme', 1, 'EUR', 'pm', 'N',
         n || '@many.example', '{}', 'req', true FROM generate_series(1, $1) n`,
      [n, prefix],
    );
    await scene.pool.query(
      `INSERT INTO parked_step (saga_id, step, direction, order_id, detail)
       SELECT id, 'reserve stock', 'do', id, $1 || ' does not answer for ' || id
       FROM "order" WHERE id LIKE 'ord\\_' || $1 || '0%'`,
      [prefix],
    );
    const { rows } = await scene.pool.query<{ cause: string }>(
      `SELECT DISTINCT cause FROM parked_step WHERE detail LIKE $1 || ' does%'`,
      [prefix],
    );
    assert.equal(rows.length, 1);
    return rows[0]?.cause ?? '';
  };
  const retry = async (cause: string) => {
    const body = { cause, why: 'it is back' };
    const answer = await scene.post('/v1/operations/queue/retry', body);
    assert.equal(answer.status, 202, await answer.clone().text());
    return (await answer.json()) as Retry;
  };
  const retriesOf = async (prefix: string) => {
    const { rows } = await scene.pool.query<{ n: string; orders: string }>(
      `SELECT count(*) AS n, count(DISTINCT order_id) AS orders FROM operator_action
       WHERE saga_id LIKE 'ord\\_' || $1 || '0%' AND action = 'retry' AND operator = 'ann'`,
      [prefix],
    );
    return [Number(rows[0]?.n), Number(rows[0]?.orders)];
  };
  const read = (links: Retry['links']) => scene.get<Retry>(links.self);

  it(`retries ${MANY} orders with one act, each once, with several processes at it`, async () => {
    const cause = await parkMany(MANY, 'm');
    const later = await parkMany(3, 'o');
    const asked = await retry(cause);
    assert.deepEqual([asked.asked, asked.retried, asked.endedAt], [MANY, 0, null]);
    // Parked by the same cause, but after the word was given.
    const after = await scene.placed();
    await scene.park(after, 'reserve stock', 'm does not answer for ord_9999999');
    const woken: string[] = [];
    const sagas = {
      wakeStep: (id: string) => {
        woken.push(id);
        return Promise.resolve();
      },
    };
    const { desk, log } = scene;
    const fleet = Array.from({ length: 3 }, () =>
      createRetrier({ desk, sagas, log, everyMs: 1, pauseMs: 0 }),
    );
    await eventually(async () => (await read(asked.links)).endedAt !== null);
    await Promise.all(fleet.map((retrier) => retrier.stop()));
    assert.equal((await read(asked.links)).retried, MANY);
    assert.deepEqual(await retriesOf('m'), [MANY, MANY]);
    assert.deepEqual(await retriesOf('o'), [0, 0], `not ${later}`);
    assert.deepEqual(await scene.actions(after), []);
    assert.equal(new Set(woken).size, MANY);
    assert.equal(woken.length, MANY);
  });

  it('goes on after a process that died in the middle, and does nothing twice', async () => {
    const asked = await retry(await parkMany(25, 'c'));
    // Dies before it has told any run.
    assert.equal((await scene.desk.retryNext(10, 0))?.length, 10);
    assert.equal((await read(asked.links)).retried, 10);
    assert.equal((await scene.desk.retryNext(10, 0))?.length, 10);
    assert.equal((await scene.desk.retryNext(10, 0))?.length, 5);
    assert.equal(await scene.desk.retryNext(10, 0), undefined);
    assert.deepEqual(await retriesOf('c'), [25, 25]);
  });

  it('is given to so many in a turn, and the next turn waits, whoever asks', async () => {
    const asked = await retry(await parkMany(7, 'w'));
    const turns = await Promise.all([1, 2, 3].map(() => scene.desk.retryNext(5, 600_000)));
    assert.deepEqual(turns.map((turn) => turn?.length ?? 0).sort(), [0, 0, 5]);
    assert.equal(await scene.desk.retryNext(5, 600_000), undefined);
    await scene.pool.query('UPDATE queue_retry SET next_at = now() WHERE id = $1', [asked.id]);
    assert.equal((await scene.desk.retryNext(5, 0))?.length, 2);
  });

  it('passes over an order that somebody holds, and is not held up by it', async () => {
    const asked = await retry(await parkMany(3, 'h'));
    const holder = await scene.pool.connect();
    const held = `ord_h${'2'.padStart(25, '0')}`;
    await holder.query('BEGIN');
    await holder.query('SELECT lock_order($1)', [held]);
    const given = await scene.desk.retryNext(10, 0);
    await holder.query('ROLLBACK');
    holder.release();
    assert.equal(given?.length, 2);
    const { retried, endedAt } = await read(asked.links);
    assert.deepEqual([retried, endedAt !== null], [2, true]);
  });

  it('is refused once nothing is parked by it, and by what is blocked', async () => {
    for (const [cause, expected] of [
      ['0123456789abcdef', [409, 'step-not-parked']],
      ['blocked', [400, 'invalid-request', 'cause']],
    ] as const) {
      const answer = await scene.post('/v1/operations/queue/retry', { cause, why: 'x' });
      const { status, type, errors = [] } = (await answer.json()) as ProblemBody;
      const fields = errors.map(({ field }) => field);
      assert.deepEqual([status, type.replace('/problems/', ''), ...fields], expected);
    }
    const init = { headers: { Authorization: `Bearer ${scene.ann}` } };
    for (const id of ['0', '999999', 'x', '9'.repeat(30)]) {
      const path = `/v1/operations/retries/${id}`;
      assert.equal((await scene.operations.request(path, init)).status, 404, id);
    }
  });
});

interface Retry {
  readonly id: string;
  readonly asked: number;
  readonly retried: number;
  readonly endedAt: string | null;
  readonly links: { readonly self: string };
}
