/** Who gets to the operations API, and who does not, by whatever credential. */
import assert from 'node:assert/strict';
import { OPERATIONS_ROUTES } from '../../src/api/operations.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { addKey, getOf } from './harness.ts';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';

describe('The operations listener', () => {
  let scene: OperationsScene;
  before(async () => (scene = await createOperationsScene()));
  after(() => scene.close());

  const PUBLIC = [
    'GET /health/live',
    'GET /health/ready',
    'GET /v1/operations/openapi.json',
    'GET /docs',
    'GET /docs/start.js',
    'GET /docs/5.35.0/:name',
    'GET /problems/:code',
    'GET /',
    'GET /operations',
    'GET /operations/:name',
  ];
  const routes = () => {
    const paths = new Set(
      scene.operations.routes
        .filter(({ method }) => method !== 'ALL')
        .map(({ method, path }) => `${method} ${path}`),
    );
    for (const route of PUBLIC) assert.ok(paths.delete(route), `${route} is not there`);
    return [...paths].map((route) => route.split(' ') as [method: string, path: string]);
  };
  const everything = async () => {
    const { rows } = await scene.pool.query<{ n: string }>(
      `SELECT (SELECT count(*) FROM operator_action) || '/' || (SELECT count(*) FROM queue_retry)
         || '/' || (SELECT count(*) FROM idempotency_claim) AS n`,
    );
    return rows[0]?.n;
  };

  it('answers health to whoever asks, and writes no line about it', async () => {
    const lines = scene.lines.length;
    for (const path of ['/health/live', '/health/ready']) {
      assert.equal((await scene.operations.request(path)).status, 200, path);
    }
    assert.equal(scene.lines.length, lines);
  });

  it('answers nothing else without a credential, nor to any tenant’s key, whatever its scopes', async () => {
    const scopes = ['orders:read', 'orders:write', 'refunds:write', 'webhooks:write'];
    const tenants = await addKey(scene.pool, scene.acme.id, scopes);
    const before = await everything();
    assert.equal(routes().length, OPERATIONS_ROUTES.length);
    for (const [method, path] of routes()) {
      const with_ = (headers: Record<string, string>) =>
        scene.operations.request(path, { method, headers });
      assert.equal((await with_({})).status, 401, path);
      const refused = await with_({ Authorization: `Bearer ${tenants}` });
      assert.equal(refused.status, 403, path);
      assert.match(refused.headers.get('www-authenticate') ?? '', /scope="operations"/);
    }
    assert.equal(await everything(), before);
  });

  it('lets an operator in, who gets nowhere on the clients’ listener', async () => {
    await scene.get('/v1/operations/summary');
    for (const { method, path } of ROUTES) {
      const own = path.replaceAll(/\{(\w+)\}/g, 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb');
      const init = { ...getOf({ key: scene.ann }), method: method.toUpperCase() };
      assert.equal((await scene.app.request(own, init)).status, 403, `${method} ${path}`);
    }
  });

  it('knows no key that is both, or an operator’s with more', async () => {
    const insert = (tenant: string | null, operator: string | null, scopes: string[]) =>
      scene.pool.query(
        `INSERT INTO api_key (id, tenant_id, operator, secret_hash, scopes)
         VALUES ('wrong', $1, $2, '', $3)`,
        [tenant, operator, scopes],
      );
    const { id } = scene.acme;
    await assert.rejects(insert(id, null, ['operations']), /api_key_may/);
    await assert.rejects(insert(null, 'bob', ['operations', 'orders:read']), /api_key_may/);
    await assert.rejects(insert(id, 'bob', ['operations']), /api_key_is_of_one/);
    await assert.rejects(insert(null, null, []), /api_key_is_of_one/);
    await assert.rejects(insert(null, ' ', ['operations']), /api_key_operator_check/);
  });

  it('gets nobody to a route that declares no scope', async () => {
    const forgetful = await createOperationsScene();
    forgetful.operations.get('/v1/operations/forgotten', (c) => c.json({ secret: true }));
    const init = getOf({ key: forgetful.ann });
    const answer = await forgetful.operations.request('/v1/operations/forgotten', init);
    assert.equal(answer.status, 500);
    assert.ok(!(await answer.text()).includes('secret'));
    await forgetful.close();
  });

  it('tells of itself as its committed document does, and has each problem’s page', async () => {
    const answer = await scene.operations.request('/v1/operations/openapi.json');
    const { paths } = (await answer.json()) as { paths: object };
    assert.equal(Object.keys(paths).length, new Set(OPERATIONS_ROUTES.map((r) => r.path)).size);
    const page = await scene.operations.request('/problems/step-not-parked');
    assert.match(await page.text(), /^# The step is not parked/);
  });
});
