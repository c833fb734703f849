/** The operations API of one process beside its other listener, with operators and orders in trouble. */
import assert from 'node:assert/strict';
import { createOperationsDesk } from '../../src/adapters/postgres/operations-desk.ts';
import { createCredentials } from '../../src/adapters/postgres/credentials.ts';
import { createLimits } from '../../src/api/limits.ts';
import { createOperationsApp } from '../../src/api/operations.ts';
import { runUrls } from '../../src/api/operations-shown.ts';
import { makeApiKey } from '../../src/adapters/postgres/api-keys.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { createHarness, heldToContract, newKey, orderIn, PLENTY, postOf } from '../api/harness.ts';

export async function createOperationsScene() {
  const api = await createHarness();
  const { deps, sagas, pool, log } = api;
  const desk = createOperationsDesk(pool);
  const app = heldToContract(
    createOperationsApp({
      health: {
        checkDatabase: () => Promise.resolve({ answers: true, migrated: true }),
        checkTemporal: () => sagas.ready(),
        isDraining: () => false,
      },
      limits: createLimits(PLENTY),
      credentials: createCredentials(api.tenants),
      desk,
      sagas,
      sagaCalls: deps.sagaCalls,
      touched: deps.touched,
      runUrl: runUrls('https://temporal.example/', 'shop'),
      log,
    }),
  );
  const ann = await addOperator('ann');

  async function addOperator(name: string): Promise<string> {
    const { id, key, secretHash } = makeApiKey('dev');
    await pool.query(
      'INSERT INTO api_key (id, operator, secret_hash, scopes) VALUES ($1, $2, $3, $4)',
      [id, name, secretHash, ['operations']],
    );
    return key;
  }

  return {
    ...api,
    operations: app,
    desk,
    ann,
    addOperator,
    async get<Body>(path: string, key = ann): Promise<Body> {
      const answer = await app.request(path, { headers: { Authorization: `Bearer ${key}` } });
      assert.equal(answer.status, 200, `${path}: ${await answer.clone().text()}`);
      return (await answer.json()) as Body;
    },
    /** With a key of its own, which only some routes look at. */
    post: async (path: string, body: unknown, key = newKey()) =>
      await app.request(path, postOf({ key: ann }, { body, key })),
    async placed(tenant = api.acme): Promise<OrderId> {
      return (await orderIn(await api.app.request('/v1/orders', postOf(tenant)))).id;
    },
    park: (id: string, step: string, detail: string, direction = 'do') =>
      pool.query('SELECT park_step($1, $2, $3, $4)', [id, step, direction, detail]),
    async actions(id: OrderId) {
      const { rows } = await pool.query<{ action: string; operator: string; why: string }>(
        'SELECT action, operator, why FROM operator_action WHERE order_id = $1 ORDER BY id',
        [id],
      );
      return rows;
    },
  };
}

export type OperationsScene = Awaited<ReturnType<typeof createOperationsScene>>;
