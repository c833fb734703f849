/**
 * Two hundred buyers at once over HTTP, on two API processes and two workers, want the one use of a
 * voucher: judged from the gateway's book and from ours.
 */
import assert from 'node:assert/strict';
import { eventually, newKey, validBody } from '../api/harness.ts';
import { readBook } from '../support/audit.ts';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';

const BUYERS = 200;
const PAID = 700;

interface Answer {
  readonly status: number;
  readonly body: { readonly id?: string; readonly type?: string };
}

describe('a voucher with one use and 200 buyers, for real,', function () {
  // Twenty orders a second, on a machine that has other things to do.
  this.timeout(180_000);
  let stack: ProcessStack;
  let urls: readonly string[];
  before(async () => {
    stack = await createProcessStack();
    await stack.shop.stock('MUG', BUYERS);
    await stack.shop.voucher('ONLYONE', 1);
    const apis = await Promise.all([stack.startApi(), stack.startApi()]);
    urls = apis.map(({ url }) => url);
  });
  after(() => stack.close());

  const buy = async (buyer: number): Promise<Answer> => {
    const answer = await fetch(`${urls[buyer % urls.length] ?? ''}/v1/orders`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${stack.apiKey}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': newKey(),
      },
      body: JSON.stringify({
        ...validBody(),
        lines: [{ sku: 'MUG', quantity: 1 }],
        voucherCode: 'onlyone',
        expectedAmount: { value: String(PAID), currency: 'EUR' },
      }),
    });
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  };
  const all = () => Promise.all(Array.from({ length: BUYERS }, (_, buyer) => buy(buyer)));

  it('is used by one: the others are refused, and nothing is held of them', async () => {
    const { pool } = stack.shop;
    // Nobody works before all have placed their orders, so that each of them may hope.
    const placed = await all();
    assert.ok(placed.every(({ status }) => status === 202));
    await Promise.all([stack.startWorker(), stack.startWorker()]);
    const open = `SELECT FROM "order" WHERE status NOT IN ('completed', 'rejected')`;
    await eventually(async () => (await pool.query(open)).rowCount === 0);

    const { rows } = await pool.query<{ how: string; count: number }>(
      `SELECT concat_ws(' ', status, reason) AS how, count(*)::integer FROM "order" GROUP BY 1
       ORDER BY 1`,
    );
    assert.deepEqual(rows, [
      { how: 'completed', count: 1 },
      { how: 'rejected voucher-exhausted', count: BUYERS - 1 },
    ]);
    assert.equal(await stack.shop.taken('ONLYONE'), 1);
    assert.equal(await stack.shop.shelf('MUG'), `${BUYERS - 1}/0/1`);
    const effects = (await readBook(stack.parties.gatewayUrl)).filter(
      ({ kind }) => kind === 'effect',
    );
    assert.deepEqual(
      effects.map(({ effect, amount }) => [effect, amount]),
      [
        ['created', PAID],
        ['authorized', PAID],
        ['captured', PAID],
      ],
    );
  });

  it('is then refused at once', async () => {
    const { status, body } = await buy(0);
    assert.deepEqual([status, body.type], [409, '/problems/voucher-exhausted']);
  });
});
