/** What operators do over HTTP: within the clients' own limits, and each act written down. */
import assert from 'node:assert/strict';
import { eventually, newKey } from './harness.ts';
import type { ProblemBody } from './harness.ts';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';
import { bookCompleted, bookPaid } from '../support/refunds.ts';

describe('An operator’s act over HTTP', () => {
  let scene: OperationsScene;
  before(async () => (scene = await createOperationsScene()));
  after(() => scene.close());

  const at = (id: string, act: string) => `/v1/operations/orders/${id}/${act}`;
  const resolve = (id: string, step: string) => at(id, `steps/${encodeURIComponent(step)}/resolve`);
  const completed = async () => {
    const id = await scene.placed();
    await bookCompleted(scene.book, id, 2048n);
    return id;
  };
  const problemOf = async (answer: Response) => {
    const { type, status, errors } = (await answer.json()) as ProblemBody;
    return [status, type.replace('/problems/', ''), ...(errors ?? []).map(({ field }) => field)];
  };

  it('decides a parked step once, with its name and why', async () => {
    const id = await scene.placed();
    await bookPaid(scene.book, id, 2048n);
    await scene.park(id, 'request shipment', 'the carrier answered 503');
    const word = { action: 'refuse', why: 'they do not go there' };
    const answer = await scene.post(resolve(id, 'request shipment'), word);
    assert.equal(answer.status, 200);
    assert.equal(((await answer.json()) as { woken: boolean }).woken, true);
    assert.deepEqual(await scene.actions(id), [
      { action: 'refuse', operator: 'ann', why: 'they do not go there' },
    ]);
    const again = await scene.post(resolve(id, 'request shipment'), word);
    assert.deepEqual(await problemOf(again), [409, 'step-not-parked']);
    assert.equal((await scene.actions(id)).length, 1);
  });

  it('says why it does not decide a step, and writes nothing down', async () => {
    const id = await scene.placed();
    await bookPaid(scene.book, id, 2048n);
    await scene.park(id, 'request shipment', 'the carrier answered 503');
    const ask = async (step: string, body: object, of: string = id) =>
      await problemOf(await scene.post(resolve(of, step), body));
    const why = 'a test';
    const done = { action: 'mark-done', why };
    const nobody = 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb';
    const step = 'request shipment';
    assert.deepEqual(await ask(step, done), [400, 'invalid-request', 'trackingNumber']);
    assert.deepEqual(await ask(step, { ...done, trackingNumber: 'T1' }), [
      409,
      'attempt-under-way',
    ]);
    assert.deepEqual(await ask(step, { action: 'skip', why }), [400, 'invalid-request', 'action']);
    assert.deepEqual(await ask(step, { action: 'retry' }), [400, 'invalid-request', 'why']);
    assert.deepEqual(await ask(step, { ...done, why: ' ' }), [400, 'invalid-request', 'why']);
    assert.deepEqual(await ask('send receipt', done), [409, 'step-not-parked']);
    assert.deepEqual(await ask('no\u0000step', done), [409, 'step-not-parked']);
    assert.deepEqual(await ask(step, done, nobody), [404, 'not-found']);
    assert.deepEqual(await scene.actions(id), []);
  });

  it('is written down also where the run cannot be told', async () => {
    const id = await scene.placed();
    await scene.park(id, 'reserve stock', 'a bug');
    scene.sagas.down = true;
    const answer = await scene.post(resolve(id, 'reserve stock'), {
      action: 'retry',
      why: 'fixed',
    });
    scene.sagas.down = false;
    assert.equal(((await answer.json()) as { woken: boolean }).woken, false);
    assert.equal((await scene.actions(id)).length, 1);
  });

  it('cancels as a client does: until the capture, once per key', async () => {
    const id = await scene.placed();
    const key = newKey();
    const why = 'the customer called';
    for (const replayed of [null, 'true']) {
      const answer = await scene.post(at(id, 'cancel'), { why }, key);
      assert.equal(answer.status, 202);
      assert.equal(answer.headers.get('idempotent-replayed'), replayed);
    }
    const { rows } = await scene.pool.query('SELECT gate, reason FROM "order" WHERE id = $1', [id]);
    assert.deepEqual(rows, [{ gate: 'unwinding', reason: 'cancelled' }]);
    await eventually(() => scene.sagas.cancelled.includes(id));
    assert.deepEqual(await scene.actions(id), [{ action: 'cancel', operator: 'ann', why }]);
    const other = await scene.post(at(id, 'cancel'), { why: 'another' }, key);
    assert.deepEqual(await problemOf(other), [422, 'idempotency-key-reused']);

    const paid = await completed();
    const late = await scene.post(at(paid, 'cancel'), { why });
    const { links } = (await late.clone().json()) as { links: { refunds: string } };
    assert.deepEqual(await problemOf(late), [409, 'too-late-to-cancel']);
    assert.equal(links.refunds, at(paid, 'refunds'));
    assert.deepEqual(await scene.actions(paid), []);
  });

  it('refunds as a client does: no more than was captured, once per key', async () => {
    const id = await completed();
    const body = { amount: { value: '2000', currency: 'EUR' }, why: 'it came broken' };
    const key = newKey();
    const first = await scene.post(at(id, 'refunds'), body, key);
    assert.equal(first.status, 202);
    const { id: refundId } = (await first.json()) as { id: string };
    const replay = await scene.post(at(id, 'refunds'), body, key);
    assert.equal(((await replay.json()) as { id: string }).id, refundId);
    assert.equal(replay.headers.get('idempotent-replayed'), 'true');
    await eventually(() => scene.sagas.refunds.some((facts) => facts.id === refundId));
    const more = await scene.post(at(id, 'refunds'), body);
    assert.deepEqual(await problemOf(more), [409, 'amount-exceeds-captured']);
    assert.deepEqual(await scene.actions(id), [
      { action: 'refund', operator: 'ann', why: 'it came broken' },
    ]);
    const lines = { lines: [{ sku: 'NONE', quantity: 1 }], why: 'x' };
    const unknown = await problemOf(await scene.post(at(id, 'refunds'), lines));
    assert.deepEqual(unknown, [400, 'unknown-sku', 'lines[0].sku']);
    const open = await scene.post(at(await scene.placed(), 'refunds'), body);
    assert.deepEqual(await problemOf(open), [409, 'order-in-progress']);
  });

  it('that several operators send at once for one order is granted within its limits', async () => {
    const id = await completed();
    const body = { amount: { value: '1000', currency: 'EUR' }, why: 'a race' };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => scene.post(at(id, 'refunds'), body)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [202, 202, 409, 409, 409, 409]);
    assert.equal((await scene.actions(id)).length, 2);
  });

  it('needs a key where it moves money, and a why everywhere', async () => {
    const id = await completed();
    const init = {
      method: 'POST',
      headers: { Authorization: `Bearer ${scene.ann}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ why: 'no key' }),
    };
    for (const act of ['cancel', 'refunds']) {
      const keyless = await scene.operations.request(at(id, act), init);
      assert.deepEqual(await problemOf(keyless), [400, 'idempotency-key-missing']);
      const silent = await problemOf(await scene.post(at(id, act), {}));
      assert.deepEqual(silent, [400, 'invalid-request', 'why']);
    }
    const retry = await scene.post('/v1/operations/queue/retry', { cause: '0123456789abcdef' });
    assert.deepEqual(await problemOf(retry), [400, 'invalid-request', 'why']);
  });
});
