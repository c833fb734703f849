/** Refunds asked for at the same moment, and while Temporal is down. */
import assert from 'node:assert/strict';
import { createStarter } from '../../src/api/starter.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { bookCompleted, euros } from '../support/refunds.ts';
import { recordingSagas } from '../support/recording-sagas.ts';
import { createHarness, createProcess, eventually, newKey, orderIn } from './harness.ts';
import { postOf } from './harness.ts';
import type { Harness } from './harness.ts';

describe('A refund', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  /** Of 20.48 EUR. */
  const completed = async (): Promise<OrderId> => {
    const { id } = await orderIn(await api.app.request('/v1/orders', postOf(api.acme)));
    await bookCompleted(api.book, id, 2048n);
    return id;
  };
  const ask = async (id: OrderId, value: string, key = newKey(), { app } = { app: api.app }) =>
    await app.request(
      `/v1/orders/${id}/refunds`,
      postOf(api.acme, { body: { amount: euros(value) }, key }),
    );

  it('asked for 200 times at once never exceeds what was captured', async () => {
    const id = await completed();
    const other = createProcess(api.database.url);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => ask(id, '100', newKey(), n % 2 === 0 ? api : other)),
    );
    await other.close();
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
    assert.deepEqual([count(202), count(409)], [20, 180]);
    const { rows } = await api.pool.query(
      `SELECT sum(amount) AS sum, count(*) AS n FROM refund WHERE order_id = $1`,
      [id],
    );
    assert.deepEqual(rows, [{ sum: '2000', n: 20n }]);
  }).timeout(20_000);

  it('asked for 50 times at once with one key is one refund', async () => {
    const id = await completed();
    const key = newKey();
    const refunds = await api.count('refund');
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(id, '100', key)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202]);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    assert.equal(new Set(texts).size, 1);
    assert.equal(await api.count('refund'), refunds + 1);
  });

  it('is accepted with Temporal down, and started, once, by the starter', async () => {
    await api.pool.query('UPDATE refund SET run_started_at = now()');
    const id = await completed();
    api.sagas.down = true;
    const bodies = Array.from({ length: 60 }, () => ask(id, '1'));
    const ids = await Promise.all(
      bodies.map(async (body) => ((await (await body).json()) as { id: string }).id),
    );
    api.sagas.down = false;
    assert.deepEqual(await api.refunds.leaseUnstarted(60, 50), [], 'the young are left alone');
    await api.pool.query(`UPDATE refund SET requested_at = requested_at - interval '1 minute'`);
    const sagas = recordingSagas();
    const starters = [30, 30].map((graceSeconds) =>
      createStarter({ ...api, sagas, graceSeconds, everyMs: 10 }),
    );
    await eventually(() => sagas.refunds.length >= ids.length);
    await Promise.all(starters.map((starter) => starter.stop()));
    assert.deepEqual(sagas.refunds.map((refund) => refund.id).sort(), ids.sort());
    assert.equal(sagas.refunds[0]?.orderId, id);
    const { rows } = await api.pool.query('SELECT FROM refund WHERE run_started_at IS NULL');
    assert.equal(rows.length, 0);
  });
});
