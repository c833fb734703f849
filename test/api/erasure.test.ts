/** A customer is erased, by the command as an operator types it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createOperatorsDesk } from '../../src/adapters/postgres/operators-desk.ts';
import { bookAsked, bookCompleted, euros } from '../support/refunds.ts';
import { createHarness, getOf, newKey, orderIn, postOf, validBody } from './harness.ts';
import type { Harness, OrderBody } from './harness.ts';

const run = promisify(execFile);
const because = ['--by', 'ann', '--why', 'a request under article 17'];

/** Everything that says who it is, and that nothing else in the books says. */
const CANARIES = {
  email: 'Zenobia.Quill@example.com',
  name: 'Zenobia Quill',
  line1: '77 Canary Row',
  city: 'Canaryville',
  postalCode: 'CA7 7RY',
  paymentMethod: 'pm_zenobias_card',
  gift: 'for Zenobia, with love',
  returnUrl: 'https://shop.example/thanks?visit=zenobias',
  link: 'https://bank.example/3ds/zenobias',
};

describe('The erasure of a customer', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const operate = async (...words: string[]): Promise<string> => {
    const command = ['--import', 'tsx', 'src/launcher/operate.ts', ...words];
    const env = { ...process.env, DATABASE_URL: api.database.url };
    return (await run(process.execPath, command, { env })).stdout;
  };
  const complaint = async (...words: string[]): Promise<string> => {
    const error: unknown = await operate(...words).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof Error && 'stderr' in error, 'the command complains');
    return String(error.stderr);
  };
  const place = async (email = CANARIES.email, tenant = api.acme): Promise<OrderBody> => {
    const { name, line1, city, postalCode, paymentMethod, returnUrl, gift } = CANARIES;
    const body = {
      ...validBody(),
      customer: { email, name },
      shippingAddress: { name, line1, city, postalCode, country: 'GB' },
      ...{ paymentMethod, returnUrl },
      metadata: { gift },
    };
    return await orderIn(await api.app.request('/v1/orders', postOf(tenant, { body })));
  };
  const completed = async (...from: Parameters<typeof place>): Promise<OrderBody> => {
    const order = await place(...from);
    await bookAsked(api.book, order.id, 2048n, CANARIES.link);
    await bookCompleted(api.book, order.id, 2048n);
    return order;
  };
  const actionsOf = async ({ id }: OrderBody) =>
    (await createOperatorsDesk(api.pool).show(id))?.actions ?? [];

  /** Every row of every table, as text. */
  const everything = async (): Promise<string> => {
    const tables = await api.pool.query<{ name: string }>(
      `SELECT format('%I', tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    const texts = tables.rows.map(async ({ name }) => {
      const { rows } = await api.pool.query<{ text: string }>(
        `SELECT coalesce(string_agg(to_jsonb(t)::text, ' '), '') AS text FROM ${name} t`,
      );
      return rows[0]?.text ?? '';
    });
    return (await Promise.all(texts)).join('\n').toLowerCase();
  };
  const traces = async () => {
    const books = await everything();
    return Object.values(CANARIES).filter((canary) => books.includes(canary.toLowerCase()));
  };
  const money = async () =>
    (
      await api.pool.query(`SELECT
        (SELECT jsonb_agg(to_jsonb(p) - 'action_url' ORDER BY p.order_id) FROM payment p) AS payments,
        (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.id) FROM payment_entry e) AS entries,
        (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.id) FROM refund r) AS refunds,
        (SELECT jsonb_agg(jsonb_build_array(id, status, amount, currency, updated_at) ORDER BY id)
          FROM "order") AS orders,
        (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.sku, s.tenant_id) FROM stock s) AS stock,
        (SELECT jsonb_agg(jsonb_build_array(id, type, sequence,
          data - 'metadata' #- '{payment,action}') ORDER BY id) FROM order_event) AS events`)
    ).rows[0] as object;

  it('takes the person out of every table, and leaves the money as it was', async () => {
    const [first, second] = [await completed(), await completed(CANARIES.email.toUpperCase())];
    const refund = await api.app.request(
      `${second.links.self}/refunds`,
      postOf(api.acme, { body: { amount: euros('48') } }),
    );
    const { id } = (await refund.json()) as { id: `rfd_${string}` };
    const ref = { id, orderId: second.id, tenantId: api.acme.id, requestId: '' };
    await api.book.openRefund(id);
    const amount = { amountMinor: 48n, currency: 'EUR' };
    await api.book.recordRefundSucceeded(ref, { id: 're_1', status: 'succeeded', amount });
    await api.pool.query(
      `INSERT INTO operator_action
         (order_id, saga_id, step, direction, action, operator, why, before, after)
       VALUES ($1, $1, 'send receipt', 'do', 'retry', 'bob', $2, '{}', '{}')`,
      [first.id, `${CANARIES.name} has called`],
    );
    assert.equal((await traces()).length, Object.keys(CANARIES).length, 'they were there');
    const before = await money();

    const said = await operate('erase', CANARIES.email, ...because);
    for (const order of [first, second]) assert.match(said, new RegExp(`${order.id} is erased`));
    assert.deepEqual(await traces(), []);
    assert.deepEqual(await money(), before);

    const shown = await api.app.request(first.links.self, getOf(api.acme));
    const order = (await shown.json()) as Record<string, unknown>;
    assert.deepEqual([order['status'], order['metadata']], ['completed', {}]);
    const [call, erasure] = await actionsOf(first);
    assert.deepEqual([call?.operator, call?.action, call?.why], ['bob', 'retry', 'erased']);
    assert.deepEqual(
      [erasure?.operator, erasure?.action, erasure?.step, erasure?.why],
      ['ann', 'erase', null, because[3]],
    );
    assert.match(
      await operate('show', first.id),
      /ann: erase, because: a request under article 17/,
    );
    assert.match(await operate('erase', first.id, ...because), /is erased already/);
    assert.equal((await actionsOf(first)).length, 2);
    assert.match(await complaint('erase', CANARIES.email, ...because), /no order knows/);
  });

  it('waits for what still needs the customer, and says what', async () => {
    const email = 'unfinished@example.com';
    const [open, refunding, untold, done] = [
      await place(email),
      await completed(email),
      await place(email),
      await completed(email),
    ];
    const asked = postOf(api.acme, { body: { amount: euros('1') } });
    await api.app.request(`${refunding.links.self}/refunds`, asked);
    await api.book.beginUnwind(untold.id, 'out-of-stock');
    await api.book.closeOrder(untold.id);

    const said = await complaint('erase', email, ...because);
    assert.match(said, new RegExp(`${open.id} is not erased: it is accepted`));
    assert.match(said, new RegExp(`${refunding.id} is not erased: a refund of it is under way`));
    assert.match(said, new RegExp(`${untold.id} is not erased: its last mail is not sent yet`));
    assert.match(said, new RegExp(`${done.id} is erased`));
    assert.equal((await actionsOf(open)).length, 0);

    await api.pool.query(`UPDATE mail_outbox SET created_at = now() - interval '25 hours'`);
    await operate('erase', untold.id, ...because);
    const { rowCount } = await api.pool.query('SELECT FROM mail_outbox WHERE order_id = $1', [
      untold.id,
    ]);
    assert.equal(rowCount, 0, 'a mail that nobody could be sent is not sent any more');
  });

  it('asks which shop is meant, and leaves the other alone', async () => {
    const email = 'both@example.com';
    const [ours, theirs] = [await completed(email), await completed(email, api.globex)];
    assert.match(await complaint('erase', email, ...because), /acme and globex: say which/);
    await operate('erase', email, '--tenant', 'globex', ...because);
    assert.equal((await actionsOf(theirs)).length, 1);
    assert.equal((await actionsOf(ours)).length, 0);
  });

  it('is signed with a reason that does not name the customer', async () => {
    const email = 'named@example.com';
    await completed(email);
    assert.match(await complaint('erase', email, '--by', 'ann'), /--why is missing/);
    const naming = ['--by', 'ann', '--why', `${email.toUpperCase()} wrote to us`];
    assert.match(await complaint('erase', email, ...naming), /must not name the customer/);
    assert.match(
      await complaint('erase', 'ord_nobody', ...because),
      /there is no order ord_nobody/,
    );
  });

  it('leaves the audit append-only in all else', async () => {
    const order = await completed('audit@example.com');
    const erased = await completed('audit2@example.com');
    await operate('erase', erased.id, ...because);
    await api.pool.query(
      `INSERT INTO operator_action
         (order_id, saga_id, step, direction, action, operator, why, before, after)
       VALUES ($1, $1, 'send receipt', 'do', 'retry', 'bob', 'a test', '{}', '{}')`,
      [order.id],
    );
    for (const [set, id] of [
      [`why = 'erased'`, order.id],
      [`why = 'another'`, erased.id],
      [`why = 'erased', operator = 'nobody'`, erased.id],
    ] as const) {
      const update = api.pool.query(`UPDATE operator_action SET ${set} WHERE order_id = $1`, [id]);
      await assert.rejects(update, /append-only/, set);
    }
    await assert.rejects(api.pool.query('DELETE FROM operator_action'), /append-only/);
    const key = newKey();
    const cancel = await api.app.request(erased.links.cancel, postOf(api.acme, { key, body: '' }));
    assert.equal(cancel.status, 410);
  });
});
