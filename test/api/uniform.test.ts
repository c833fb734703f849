/** What nobody may learn from an answer: which keys there are, and which orders others have. */
import assert from 'node:assert/strict';
import { makeApiKey } from '../../src/adapters/postgres/api-keys.ts';
import { bookCompleted } from '../support/refunds.ts';
import { recordStatements } from '../support/statements.ts';
import { addKey, createHarness, getOf, orderIn, postOf, validBody } from './harness.ts';
import type { Harness } from './harness.ts';

describe('Answers that must tell nothing', () => {
  let api: Harness;
  let statements: string[];
  /** Of acme, and completed. */
  let foreign: string;
  let foreignRefund: string;
  before(async () => {
    api = await createHarness();
    const { id } = await orderIn(await api.app.request('/v1/orders', postOf(api.acme)));
    await bookCompleted(api.book, id, 2048n);
    foreign = id;
    const asked = await api.app.request(`/v1/orders/${id}/refunds`, postOf(api.acme, { body: {} }));
    foreignRefund = asked.headers.get('location')?.split('/').at(-1) ?? '';
    statements = recordStatements(api.tenants, []);
  });
  after(() => api.close());

  /** Status, headers and bytes, save the request ID; and what it took to find out. */
  async function answerTo(path: string, init: RequestInit, hidden: readonly string[] = []) {
    statements.splice(0);
    const answer = await api.app.request(path, init);
    const requestId = answer.headers.get('x-request-id') ?? '';
    const changing = /^(x-request-id|ratelimit|idempotency-key)$/;
    const text = (await answer.text()).replaceAll(requestId, 'req');
    for (const id of hidden) assert.ok(!text.includes(id));
    return {
      status: answer.status,
      headers: [...answer.headers].filter(([name]) => !changing.test(name)),
      text,
      statements: [...statements],
    };
  }

  it('are the same to an unknown key, a wrong secret, a revoked and an ended key', async () => {
    const read = (key: string) => answerTo('/v1/products', getOf({ key }));
    const unknown = await read(makeApiKey('dev').key);
    assert.equal(unknown.status, 401);
    assert.deepEqual(unknown.statements, ['authenticate']);
    for (const change of [
      'secret_hash = sha256(secret_hash)',
      'revoked_at = now()',
      'expires_at = now()',
    ]) {
      const key = await addKey(api.pool, api.acme.id, ['orders:read']);
      assert.equal((await read(key)).status, 200);
      const id = key.split('_')[2];
      await api.pool.query(`UPDATE api_key SET ${change} WHERE id = $1`, [id]);
      assert.deepEqual(await read(key), unknown, change);
    }
  });

  const unknownId = (kind: 'ord' | 'rfd') => `${kind}_01jd7m8z3fe4x8q2v5t6y7h9kb`;
  const paths: [what: string, method: string, path: (order: string, refund: string) => string][] = [
    ['read', 'GET', (order) => `/v1/orders/${order}`],
    ['waited for', 'GET', (order) => `/v1/orders/${order}?wait=20`],
    ['cancelled', 'POST', (order) => `/v1/orders/${order}/cancel`],
    ['refunded', 'POST', (order) => `/v1/orders/${order}/refunds`],
    ['asked for its refund', 'GET', (order, refund) => `/v1/orders/${order}/refunds/${refund}`],
  ];
  for (const [what, method, path] of paths) {
    it(`are the same when another tenant's order and an unknown one are ${what}`, async () => {
      const ask = (order: string, refund: string) => {
        const post = { ...postOf(api.globex, { body: {} }) };
        if (what === 'cancelled') post.body = null;
        const init = method === 'GET' ? getOf(api.globex) : post;
        return answerTo(path(order, refund), init, [order, refund]);
      };
      const unknown = await ask(unknownId('ord'), unknownId('rfd'));
      assert.equal(unknown.status, 404);
      assert.equal(unknown.statements.length, 2);
      assert.deepEqual(await ask(foreign, foreignRefund), unknown);
    });
  }

  it('are the same to a key that another tenant has used, and to one that nobody has', async () => {
    const key = 'the-same-key';
    await api.app.request('/v1/orders', postOf(api.acme, { key }));
    const body = { ...validBody(), paymentMethod: 'pm_other' };
    const place = async (own: string) => {
      const {
        status,
        headers,
        statements: asked,
      } = await answerTo('/v1/orders', postOf(api.globex, { key: own, body }));
      return { status, names: headers.map(([name]) => name), asked };
    };
    assert.deepEqual(await place(key), await place('a-new-key'));
  });
});
