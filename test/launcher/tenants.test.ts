import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { ensureTenant } from '../../src/launcher/shop.ts';
import { createDatabase } from '../support/database.ts';

describe('npm run tenants', () => {
  it('sets when the money of a tenant is taken, of one that is there', async () => {
    const database = await createDatabase();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    for (const name of ['acme', 'globex']) await ensureTenant(client, name);
    const tenants = (...args: string[]): Promise<string> => {
      const path = fileURLToPath(new URL('../../src/launcher/tenants.ts', import.meta.url));
      const env = { ...process.env, DATABASE_URL: database.url };
      return new Promise((resolve) => {
        execFile(process.execPath, ['--import', 'tsx', path, ...args], { env }, (error, out, err) =>
          resolve(`${error === null ? 0 : 1} ${out}${err}`),
        );
      });
    };

    const set = await tenants('set', 'acme', '--capture', 'at-shipment');
    assert.match(set, /^0 Orders that acme takes from now on are captured as they are shipped/);
    assert.equal(await tenants('list'), '0 acme  captures at-shipment\nglobex  captures now\n');
    const [unheardOf, never] = await Promise.all([
      tenants('set', 'nobody', '--capture', 'now'),
      tenants('set', 'acme', '--capture', 'never'),
    ]);
    assert.match(unheardOf, /^1 there is no tenant nobody/);
    assert.match(never, /^1 --capture: now or at-shipment/);
    await client.end();
    await database.drop();
  });
});
