/** Orders with a voucher over HTTP: what they cost, why one is refused, and what is shown of it. */
import assert from 'node:assert/strict';
import { bookCompleted } from '../support/refunds.ts';
import { createHarness, getOf, newKey, orderIn, postOf, validBody } from './harness.ts';
import type { Harness, OrderBody, ProblemBody } from './harness.ts';

// Two teas and a cup.
const PRICE = 2048;

describe('An order with a voucher', () => {
  let api: Harness;
  before(async () => {
    api = await createHarness();
  });
  after(() => api.close());

  let codes = 0;
  /** Terms as columns; without any it takes 5.00 EUR off. */
  const voucher = async (terms: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const code = `V${(codes += 1)}`;
    const off = 'percent_off' in terms ? {} : { amount_off: 500 };
    const row = { tenant_id: api.acme.id, code, currency: 'EUR', uses: 1, ...off, ...terms };
    const columns = Object.keys(row);
    const places = columns.map((_, at) => `$${at + 1}`);
    const text = `INSERT INTO voucher (${columns.join()}) VALUES (${places.join()})`;
    await api.pool.query(text, Object.values(row));
    return code;
  };
  const post = (change: object, key = newKey()) =>
    api.app.request('/v1/orders', postOf(api.acme, { key, body: { ...validBody(), ...change } }));
  const read = async ({ links }: Pick<OrderBody, 'links'>) =>
    (await (await api.app.request(links.self, getOf(api.acme))).json()) as OrderBody & {
      readonly voucher?: unknown;
    };
  const euros = (value: number) => ({ value: String(value), currency: 'EUR' });

  for (const [says, terms, discount] of [
    ['an amount', {}, 500],
    ['a percentage, rounded down to the cent', { percent_off: 15 }, 307],
    ['as much as leaves one cent to pay', { amount_off: PRICE - 1 }, PRICE - 1],
    ['what it does from just this amount on', { minimum_amount: PRICE }, 500],
  ] as const) {
    it(`costs less: ${says}`, async () => {
      const voucherCode = await voucher(terms);
      const accepted = await post({ voucherCode, expectedAmount: euros(PRICE - discount) });
      assert.equal(accepted.status, 202);
      const order = await orderIn(accepted);
      assert.deepEqual(order.amount, euros(PRICE - discount));
      const shown = await read(order);
      assert.deepEqual(shown.amount, euros(PRICE - discount));
      assert.deepEqual(shown.voucher, { code: voucherCode, discount: euros(discount) });
      const facts = api.sagas.started.find(({ id }) => id === order.id);
      assert.equal(facts?.hasVoucher, true);
      assert.ok(!JSON.stringify(facts).includes(voucherCode), 'the run does not learn the code');
    });
  }

  it('is the same in small letters, and shows the code as it is', async () => {
    const code = await voucher();
    const order = await orderIn(await post({ voucherCode: code.toLowerCase() }));
    assert.deepEqual((await read(order)).voucher, { code, discount: euros(500) });
  });

  it('shows nothing of vouchers where it has none', async () => {
    const order = await orderIn(await post({}));
    assert.ok(!('voucher' in (await read(order))));
    assert.ok(!('hasVoucher' in (api.sagas.started.find(({ id }) => id === order.id) ?? {})));
  });

  describe('is refused without using the key up', () => {
    const past = new Date(Date.now() - 1_000);
    const future = new Date(Date.now() + 3_600_000);
    const refusals = [
      ['for a code that does not count yet', { valid_from: future }, 400, 'unknown-voucher'],
      ['for one that has expired', { valid_until: past }, 409, 'voucher-not-applicable'],
      ['in another currency', { currency: 'USD' }, 409, 'voucher-not-applicable'],
      ['for too little', { minimum_amount: PRICE + 1 }, 409, 'voucher-not-applicable'],
      ['where nothing is left to pay', { amount_off: PRICE }, 409, 'voucher-not-applicable'],
      ['where more is off than it costs', { amount_off: 9_999 }, 409, 'voucher-not-applicable'],
      ['once it is used up', { uses: 0 }, 409, 'voucher-exhausted'],
    ] as const;
    for (const [says, terms, status, type] of refusals) {
      it(says, async () => {
        const [key, voucherCode] = [newKey(), await voucher(terms)];
        const refused = await post({ voucherCode }, key);
        assert.equal(refused.status, status);
        const problem = (await refused.json()) as ProblemBody;
        assert.equal(problem.type, `/problems/${type}`);
        assert.deepEqual(
          problem.errors?.map(({ field }) => field),
          ['voucherCode'],
        );
        assert.equal((await post({}, key)).status, 202);
      });
    }

    it('for a code that nobody has, or that another tenant has', async () => {
      const code = await voucher({ tenant_id: api.globex.id });
      for (const voucherCode of [code, 'NOBODYS']) {
        const refused = await post({ voucherCode });
        assert.equal(((await refused.json()) as ProblemBody).type, '/problems/unknown-voucher');
      }
    });

    it('where the amount that is expected is that without it', async () => {
      const changed = await post({ voucherCode: await voucher(), expectedAmount: euros(PRICE) });
      assert.deepEqual(((await changed.json()) as ProblemBody).amount, euros(PRICE - 500));
    });
  });

  it('keeps what it was granted, whatever becomes of the voucher; and a replay wins over all', async () => {
    const [key, voucherCode] = [newKey(), await voucher()];
    const first = await (await post({ voucherCode }, key)).text();
    await api.pool.query('UPDATE voucher SET uses = 0, amount_off = 1 WHERE code = $1', [
      voucherCode,
    ]);
    assert.equal(await (await post({ voucherCode }, key)).text(), first);
  });

  it('is refunded by lines as they were paid, to the last cent', async () => {
    const voucherCode = await voucher({ percent_off: 33 });
    const order = await orderIn(await post({ voucherCode }));
    const amount = Number(order.amount.value);
    assert.equal(amount, PRICE - 675);
    await bookCompleted(api.book, order.id, BigInt(amount));
    let left = amount;
    for (const sku of ['TEA', 'CUP', 'TEA']) {
      const body = { lines: [{ sku, quantity: 1 }] };
      const asked = await api.app.request(order.links.refunds, postOf(api.acme, { body }));
      assert.equal(asked.status, 202);
      left -= Number((await orderIn(asked)).amount.value);
    }
    assert.equal(left, 0);
  });
});
