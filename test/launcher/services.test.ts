import assert from 'node:assert/strict';
import { Connection } from '@temporalio/client';
import { statSync } from 'node:fs';
import { withClient } from '../../src/launcher/postgres.ts';
import { createDatabase } from '../support/database.ts';
import { service } from '../support/services.ts';

describe('the servers of a test run', () => {
  it('give every test file a migrated database of its own', async () => {
    const [one, other] = await Promise.all([createDatabase(), createDatabase()]);
    try {
      await withClient(one.url, async (client) => {
        await client.query("INSERT INTO tenant (id, name) VALUES ('ten_1', 'demo')");
      });
      await withClient(other.url, async (client) => {
        const tenants = await client.query('SELECT id FROM tenant');
        assert.equal(tenants.rowCount, 0);
      });
    } finally {
      await Promise.all([one.drop(), other.drop()]);
    }
  });

  it('run the application as a role that row-level security binds', async () => {
    const { url } = await service('postgres');
    await withClient(url, async (client) => {
      const role = await client.query('SELECT rolsuper FROM pg_roles WHERE rolname = current_user');
      assert.deepEqual(role.rows, [{ rolsuper: false }]);
    });
  });

  it('have a Temporal whose default namespace answers', async () => {
    const { address } = await service('temporal');
    const connection = await Connection.connect({ address });
    try {
      const found = await connection.workflowService.describeNamespace({ namespace: 'default' });
      assert.equal(found.namespaceInfo?.name, 'default');
    } finally {
      await connection.close();
    }
  });

  it('have the workflows bundled, below the size that a worker loads quickly', async () => {
    const { file } = await service('bundle');
    assert.ok(statSync(file).size < 2_000_000);
  });
});
