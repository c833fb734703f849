/**
 * Orders that are parked, and operators who finish them over HTTP: one by one, and all of a cause. On
 * a real Temporal server, judged from the books of the parties outside.
 */
import assert from 'node:assert/strict';
import { createRetrier } from '../../src/api/retrier.ts';
import { heldToContract, newKey, postOf } from '../api/harness.ts';
import { audit, auditEntries } from '../support/audit.ts';
import { operationsOn } from '../support/operations-app.ts';
import { createParkedScene } from '../support/parked.ts';

interface Queue {
  readonly data: readonly {
    readonly cause: string;
    readonly count: number;
    readonly first: readonly { readonly orderId: string }[];
  }[];
}

describe('an order that needs an operator, over HTTP,', () => {
  let scene: Awaited<ReturnType<typeof createParkedScene>>;
  let operations: Awaited<ReturnType<typeof operationsOn>>;
  let app: typeof operations.app;
  let ann: string;
  // Parked, it is tried so rarely that only a word to the run ends the wait in time.
  before(async () => {
    scene = await createParkedScene({ slowestRetryMs: 600_000 });
    operations = await operationsOn(scene.stage);
    app = heldToContract(operations.app);
    ann = operations.ann;
  });
  after(() => scene.stage.close());

  const post = (path: string, body: unknown) =>
    app.request(path, postOf({ key: ann }, { body, key: newKey() }));
  const get = async (path: string): Promise<unknown> => {
    const answer = await app.request(path, { headers: { Authorization: `Bearer ${ann}` } });
    assert.equal(answer.status, 200);
    return await answer.json();
  };

  it('is made good when its shipment is refused, and its story tells who has said so', async () => {
    const { order } = await scene.parked('request shipment', {
      carrier: { request: { fault: 'reject' } },
    });
    const path = `/v1/operations/orders/${order.id}`;
    const word = { action: 'refuse', why: 'they do not go there' };
    const answer = await post(`${path}/steps/request%20shipment/resolve`, word);
    assert.deepEqual(((await answer.json()) as { woken: boolean }).woken, true);
    await scene.requireEnd(order, 'refunded');
    await audit(scene.stage.parties, order, 'refunded');
    await auditEntries(scene.stage.parties, scene.stage.shop.pool, order.id);
    const { timeline } = (await get(path)) as { timeline: readonly { text: string }[] };
    const texts = timeline.map(({ text }) => text);
    const said = texts.findIndex((text) => /^ann: refuse 'request shipment', because/.test(text));
    const back = texts.findIndex((text) => /has answered: refund of/.test(text));
    assert.ok(said > 0 && back > said, texts.join('\n'));
    const told = (await scene.operate('tell', order.requestId)).trim().split('\n');
    assert.match(told[0] ?? '', new RegExp(`^${order.id} {2}refunded \\(address-refused\\)`));
    assert.deepEqual(
      told.slice(1).map((line) => line.replace(/^ {2}\S+ {2}/, '')),
      texts,
      'the command tells the same story',
    );
    assert.match(await scene.complaint('tell', 'req_nobody'), /no order goes by that name/);
  });

  it('goes on with all others that one cause has parked, at one word', async () => {
    const faults = { carrier: { request: { fault: 'reject' } } } as const;
    const orders = [];
    for (let n = 0; n < 3; n += 1)
      orders.push((await scene.parked('request shipment', faults)).order);
    const { data } = (await get('/v1/operations/queue')) as Queue;
    assert.deepEqual(
      data.map(({ count, first }) => [count, first.map(({ orderId }) => orderId)]),
      [[3, orders.map(({ id }) => id)]],
      'one cause',
    );
    await scene.stage.breakParties({ carrier: {} });
    const body = { cause: data[0]?.cause, why: 'the carrier is back' };
    assert.equal((await post('/v1/operations/queue/retry', body)).status, 202);
    const { desk, log } = operations;
    const retrier = createRetrier({ desk, sagas: scene.stage.sagas, log, everyMs: 20 });
    for (const order of orders) {
      await scene.requireEnd(order, 'completed');
      await audit(scene.stage.parties, order, 'completed');
      const shown = await scene.desk.show(order.id);
      assert.deepEqual(
        shown?.actions.map(({ operator, action, why }) => [operator, action, why]),
        [['ann', 'retry', 'the carrier is back']],
      );
    }
    await retrier.stop();
    assert.deepEqual(await get('/v1/operations/queue'), { data: [] });
  });
});
