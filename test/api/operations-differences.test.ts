/** Differences between the books and halted captures, as operators see them and what they may say. */
import assert from 'node:assert/strict';
import type { OrderId } from '../../src/domain/order.ts';
import { Unavailable } from '../../src/domain/wrong.ts';
import type { ProblemBody } from './harness.ts';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';

interface Difference {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly orderId: string | null;
  readonly explained: { readonly by: string; readonly why: string } | null;
  readonly links: { readonly self: string; readonly order?: string };
}

interface Page {
  readonly data: readonly Difference[];
  readonly nextCursor: string | null;
}

interface Summary {
  readonly captures: { readonly halted: boolean; readonly by?: string; readonly why?: string };
  readonly differences: { readonly open: number; readonly settling: number };
}

const DIFFERENCES = '/v1/operations/differences';

describe('Differences over HTTP', () => {
  let scene: OperationsScene;
  before(async () => (scene = await createOperationsScene()));
  after(() => scene.close());

  let subjects = 0;
  const found = async (state = 'open', orderId: OrderId | null = null): Promise<string> => {
    const { rows } = await scene.pool.query<{ id: string }>(
      `INSERT INTO reconciliation_difference (subject, kind, state, order_id, intent_id, detail,
         settled_at)
       VALUES ($1, 'moved-by-hand', $2, $3, 'pi_1', 'refunded by hand',
         CASE WHEN $2 = 'settled' THEN now() END)
       RETURNING id`,
      [`subject ${(subjects += 1)}`, state, orderId],
    );
    return rows[0]?.id ?? '';
  };
  const read = (id: string) => scene.get<Difference>(`${DIFFERENCES}/${id}`);
  const explain = (id: string, body: unknown = { why: 'a goodwill refund' }) =>
    scene.post(`${DIFFERENCES}/${id}/explain`, body);
  const codeOf = async (answer: Response) =>
    [answer.status, ((await answer.json()) as ProblemBody).type] as const;
  const summary = () => scene.get<Summary>('/v1/operations/summary');

  it('are listed newest first, in pages, and by state, with the open ones in the summary', async () => {
    const ids = [await found(), await found('settling'), await found('settled'), await found()];
    const one = await scene.get<Page>(`${DIFFERENCES}?limit=3`);
    assert.deepEqual(
      one.data.map(({ id }) => id),
      ids.toReversed().slice(0, 3),
    );
    const two = await scene.get<Page>(`${DIFFERENCES}?limit=3&cursor=${String(one.nextCursor)}`);
    assert.deepEqual([two.data.map(({ id }) => id), two.nextCursor], [[ids[0]], null]);
    const open = await scene.get<Page>(`${DIFFERENCES}?state=open`);
    assert.deepEqual(
      open.data.map(({ id }) => id),
      [ids[3], ids[0]],
    );
    assert.deepEqual((await summary()).differences, { open: 2, settling: 1 });
  });

  it('are found by nobody under an ID, or a cursor, that is none', async () => {
    for (const id of ['dif_0', 'ord_1', `dif_${'0'.repeat(32)}`]) {
      const answer = await scene.operations.request(`${DIFFERENCES}/${id}`, {
        headers: { Authorization: `Bearer ${scene.ann}` },
      });
      assert.equal(answer.status, 404, id);
      assert.equal((await explain(id)).status, 404, id);
    }
    const answer = await scene.operations.request(`${DIFFERENCES}?cursor=AAAA`, {
      headers: { Authorization: `Bearer ${scene.ann}` },
    });
    assert.equal(answer.status, 400);
  });

  it('are explained once, with who and why, in the audit and the story of their order', async () => {
    const order = await scene.placed();
    const id = await found('open', order);
    assert.equal((await explain(id)).status, 200);
    const { state, explained, links } = await read(id);
    assert.deepEqual(
      [state, explained?.by, explained?.why],
      ['explained', 'ann', 'a goodwill refund'],
    );
    assert.equal(links.order, `/v1/operations/orders/${order}`);
    assert.deepEqual(await scene.actions(order), [
      { action: 'explain', operator: 'ann', why: 'a goodwill refund' },
    ]);
    const { timeline } = await scene.get<{ timeline: { kind: string; text: string }[] }>(
      `/v1/operations/orders/${order}`,
    );
    assert.equal(
      timeline.find(({ kind }) => kind === 'difference')?.text,
      `${id}, moved-by-hand, was found: refunded by hand`,
    );
    assert.ok(timeline.some(({ text }) => text.startsWith('ann: explain, because')));
    assert.deepEqual(await codeOf(await explain(id)), [409, '/problems/difference-closed']);
    assert.equal((await scene.actions(order)).length, 1);
  });

  it('are not explained while they are being settled, once they are, or without a why', async () => {
    for (const state of ['settling', 'settled']) {
      const id = await found(state);
      assert.deepEqual(await codeOf(await explain(id)), [409, '/problems/difference-closed']);
    }
    assert.equal((await explain(await found(), { why: ' ' })).status, 400);
  });

  it('forget why they were explained when their customer is erased', async () => {
    const order = await scene.placed();
    const id = await found('open', order);
    await explain(id, { why: 'Ada called' });
    await scene.pool.query(`UPDATE "order" SET erased_at = now() WHERE id = $1`, [order]);
    assert.equal((await read(id)).explained?.why, 'erased');
  });

  it('are read by index, however many there are', async () => {
    await scene.pool.query(
      `INSERT INTO reconciliation_difference (subject, kind, state, detail, settled_at)
       SELECT 'many ' || n, 'amounts-differ', 'settled', 'it differed', now()
       FROM generate_series(1, 20000) n`,
    );
    await scene.pool.query('ANALYZE reconciliation_difference');
    for (const where of [`state = 'open'`, 'true', `state IN ('open', 'settling')`]) {
      const { rows } = await scene.pool.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT * FROM reconciliation_difference d
         WHERE ${where} AND (found_at, id) < ('infinity'::timestamptz, '')
         ORDER BY found_at DESC, id DESC LIMIT 50`,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      assert.ok(!plan.includes('Seq Scan'), plan);
    }
  });

  describe('and halted captures', () => {
    const halt = (why: string) => scene.post('/v1/operations/captures/halt', { why });
    const resume = () => scene.post('/v1/operations/captures/resume', { why: 'mended' });
    const authorized = async () => {
      const id = await scene.placed();
      const { rows } = await scene.pool.query<{ amount: bigint }>(
        'SELECT amount FROM "order" WHERE id = $1',
        [id],
      );
      const amountMinor = rows[0]?.amount ?? 0n;
      await scene.book.reserveStock(id);
      await scene.book.beginAuthorization(id);
      await scene.book.commitIntent(id, `pi_${id}`);
      await scene.book.recordAuthorization(id, {
        id: `pi_${id}`,
        status: 'requires_capture',
        amount: { amountMinor, currency: 'EUR' },
        capturableMinor: amountMinor,
        capturedMinor: 0n,
      });
      return id;
    };
    const gateOf = async (id: OrderId) => {
      const { rows } = await scene.pool.query<{ gate: string }>(
        'SELECT gate FROM "order" WHERE id = $1',
        [id],
      );
      return rows[0]?.gate;
    };
    afterEach(() => resume());

    it('keep every order before its pivot, and let it go on afterwards', async () => {
      const [order, begun] = [await authorized(), await authorized()];
      assert.equal((await scene.book.beginCapture(begun)).state, 'open');
      assert.equal((await halt('prices are wrong')).status, 200);
      const waits = (error: unknown) =>
        error instanceof Unavailable && error.message.includes('halted: prices are wrong');
      await assert.rejects(scene.book.beginCapture(order), waits);
      await assert.rejects(scene.book.beginCapture(begun), waits);
      assert.deepEqual([await gateOf(order), await gateOf(begun)], ['forward', 'committing']);
      assert.equal((await resume()).status, 200);
      assert.equal((await scene.book.beginCapture(order)).state, 'open');
      assert.equal((await scene.book.beginCapture(begun)).state, 'open');
    });

    it('let an order be cancelled, and answer what is recorded', async () => {
      const [order, paid] = [await authorized(), await authorized()];
      await scene.book.beginCapture(paid);
      await scene.book.recordCapture(paid, {
        id: `pi_${paid}`,
        status: 'succeeded',
        amount: { amountMinor: 1n, currency: 'EUR' },
        capturableMinor: 0n,
        capturedMinor: 1n,
      });
      await halt('prices are wrong');
      const body = { why: 'the customer called' };
      const cancelled = await scene.post(`/v1/operations/orders/${order}/cancel`, body);
      assert.equal(cancelled.status, 202);
      assert.equal((await scene.book.beginCapture(order)).state, 'refused');
      assert.equal((await scene.book.beginCapture(paid)).state, 'done');
    });

    it('stand in the summary and in the log, with the first word if there are two', async () => {
      await halt('first');
      await halt('second');
      const { captures } = await summary();
      assert.deepEqual([captures.halted, captures.by, captures.why], [true, 'ann', 'first']);
      assert.ok(
        scene.lines.some(({ msg, level }) => level === 'error' && msg === 'captures are halted'),
      );
      await resume();
      await resume();
      assert.deepEqual((await summary()).captures, { halted: false });
      const { rows } = await scene.pool.query<{ why: string; by: string; ended_by: string }>(
        `SELECT why, halted_by AS by, ended_by FROM capture_halt ORDER BY id DESC LIMIT 1`,
      );
      assert.deepEqual(rows[0], { why: 'first', by: 'ann', ended_by: 'ann' });
    });

    it('leave an audit that nobody changes', async () => {
      await halt('first');
      await resume();
      for (const change of [`UPDATE capture_halt SET why = 'x'`, 'DELETE FROM capture_halt']) {
        await assert.rejects(scene.pool.query(change), /capture_halt is an audit/);
      }
    });
  });
});
