/**
 * PostgreSQL went back to an earlier moment and Temporal did not: the runs are brought behind the
 * book again by one act. `npm run drill:restore` does it to hundreds of orders, with a real backup.
 */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import { createCaptured } from '../../src/adapters/stripe/captured.ts';
import { createStandings } from '../../src/adapters/postgres/standings.ts';
import { connectRuns } from '../../src/client/runs.ts';
import { gatewayKey } from '../../src/domain/keys.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { realign, realignedInWords } from '../../src/operator/after-restore.ts';
import { CHECKOUT } from '../../src/workflows/contract.ts';
import { eventually } from '../api/harness.ts';
import { audit } from '../support/audit.ts';
import { service } from '../support/services.ts';
import { createStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

describe('after a restore of PostgreSQL', () => {
  let stage: Stage;
  let runs: Awaited<ReturnType<typeof connectRuns>>;
  before(async () => {
    stage = await createStage();
    const { address } = await service('temporal');
    runs = await connectRuns({ address, namespace: 'default' });
    await stage.shop.stock('MUG', 100);
  });
  after(async () => {
    await runs.close();
    await stage.close();
  });

  const placed = () => stage.shop.order([{ sku: 'MUG', quantity: 1 }]);
  const latest = async (id: string) => {
    const { runId, status } = await stage.client.workflow.getHandle(id).describe();
    return { runId, status: status.name };
  };
  /** Other tests use the same Temporal: only what is of this one is looked at. */
  const align = async (ids: readonly OrderId[], since = new Date()) => {
    const mine = {
      ...runs,
      since: async (moment: Date) =>
        (await runs.since(moment)).filter(({ sagaId }) => ids.includes(sagaId as OrderId)),
    };
    const standings = createStandings(stage.shop.pool);
    const by = { operator: 'ann', why: 'the disk is gone' };
    const captured = createCaptured({
      secretKey: 'sk_test_standin',
      apiBase: stage.parties.gatewayUrl,
    });
    return await realign({ runs: mine, standings, captured }, since, by);
  };
  const listed = (ids: readonly string[]) =>
    eventually(async () => {
      const found = (await runs.since(new Date(Date.now() - 60_000))).map(({ sagaId }) => sagaId);
      return ids.every((id) => found.some((sagaId) => sagaId === id));
    });

  it('ends the run of an order that the book has lost, and nothing else is asked of it', async () => {
    const lost: OrderId = `ord_${'0'.repeat(24)}a1`;
    const { taskQueue } = stage;
    await stage.client.workflow.start(CHECKOUT, {
      workflowId: lost,
      taskQueue: `${taskQueue}-nobody`,
      args: [{ order: { id: lost } }],
    });
    await listed([lost]);
    const aligned = await align([lost]);
    assert.deepEqual(aligned, {
      unknown: [lost],
      ended: [lost],
      begunAgain: [],
      committed: [],
    });
    assert.match(realignedInWords(aligned), /1 of these runs were ended:\n {2}ord_0/);
    assert.equal((await latest(lost)).status, 'TERMINATED');
  });

  it('lets an order that was captured in what the book has lost only go forward', async () => {
    const order = await placed();
    const { id } = order;
    const act = createActivities({ ...stage.deps, timeLeftMs: () => 5_000 });
    await act.reserveStock(order);
    await act.authorizePayment(order);
    const { rows } = await stage.shop.pool.query<{ intent: string }>(
      'SELECT intent_id AS intent FROM payment WHERE order_id = $1',
      [id],
    );
    const begunAt = new Date();
    // As the lost book has asked for it.
    await stage.deps.gateway.captureIntent(rows[0]?.intent ?? '', {
      key: gatewayKey(id, 'capture', 1),
      timeoutMs: 5_000,
    });
    assert.deepEqual((await align([], begunAt)).committed, [id]);
    assert.deepEqual((await align([], begunAt)).committed, []);
    assert.equal((await stage.shop.row(id)).status, 'authorized');
    const { gate } = await stage.deps.book.beginUnwind(id, 'cancelled');
    assert.equal(gate, 'committing');
    await stage.run(order);
    await audit(stage.parties, order, 'completed');
  });

  it('takes the goods of a captured order first, and leaves one whose goods are gone', async () => {
    await stage.shop.stock('LAST', 1);
    const last = () => stage.shop.order([{ sku: 'LAST', quantity: 1 }]);
    // In the order of their IDs, which tests draw by chance.
    const both = [await last(), await last()].sort((a, b) => a.id.localeCompare(b.id));
    const [first = assert.fail(), second = assert.fail()] = both;
    const standings = createStandings(stage.shop.pool);
    assert.deepEqual(await standings.commit([first.id, second.id]), [first.id]);
    assert.equal((await stage.shop.row(first.id)).status, 'reserved');
    assert.equal((await stage.deps.book.beginUnwind(second.id, 'cancelled')).gate, 'unwinding');
  });

  it('begins again what the book has unfinished, under way or completed, and leaves the rest', async () => {
    const [ended, behind, underWay] = [await placed(), await placed(), await placed()];
    await stage.run(ended);
    await stage.run(behind);
    await stage.shop.pool.query(`UPDATE "order" SET status = 'shipped' WHERE id = $1`, [behind.id]);
    await stage.shop.pool.query(
      `DELETE FROM barrier WHERE saga_id = $1 AND step = 'send receipt'`,
      [behind.id],
    );
    await stage.breakParties({ carrier: { request: { fault: 'unavailable' } } });
    await stage.sagas.startCheckout(underWay);
    await eventually(async () => (await stage.shop.row(underWay.id)).status === 'paid');
    const ids = [ended.id, behind.id, underWay.id];
    await listed(ids);
    const before = await Promise.all(ids.map(latest));

    const { unknown, begunAgain } = await align(ids);

    assert.deepEqual([unknown, [...begunAgain].sort()], [[], [behind.id, underWay.id].sort()]);
    await stage.tidy();
    for (const id of [behind.id, underWay.id]) {
      await stage.client.workflow.getHandle(id).result();
      assert.equal((await stage.shop.row(id)).status, 'completed');
    }
    const after = await Promise.all(ids.map(latest));
    const isNew = after.map(({ runId }, n) => runId !== before[n]?.runId);
    assert.deepEqual(isNew, [false, true, true]);
    await stage.tidy();
    await audit(stage.parties, underWay, 'completed');
  });
});
