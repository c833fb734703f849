import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { parseApiKey } from '../../src/adapters/postgres/api-keys.ts';
import { createCredentials } from '../../src/adapters/postgres/credentials.ts';
import { createKeyUse } from '../../src/adapters/postgres/key-use.ts';
import { createDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

describe('npm run keys', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  before(async () => {
    database = await createDatabase();
    pool = new pg.Pool({ connectionString: database.url });
  });
  after(async () => {
    await pool.end();
    await database.drop();
  });

  const keys = (...args: string[]): Promise<{ code: number; said: string }> => {
    const path = fileURLToPath(new URL('../../src/launcher/keys.ts', import.meta.url));
    const env = { ...process.env, DATABASE_URL: database.url };
    return new Promise((resolve) => {
      execFile(process.execPath, ['--import', 'tsx', path, ...args], { env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : 1, said: out + err }),
      );
    });
  };
  const keyIn = (said: string): string => said.trim().split('\n').at(-1) ?? '';
  const idOf = (key: string): string => parseApiKey(key)?.id ?? '';
  const made = async (...args: string[]) => keyIn((await keys('create', ...args)).said);
  const opens = async (key: string) => await createCredentials(pool).authenticate(key);

  it('rotates a key: both work for a while, with the same tenant and scopes, then the new one', async () => {
    const old = await made('--tenant', 'acme', '--scopes', 'orders:read');
    const { code, said } = await keys('rotate', idOf(old), '--overlap-hours', '1');
    assert.equal(code, 0, said);
    assert.match(said, /which works until \d{4}-/);
    const next = keyIn(said);
    assert.notEqual(idOf(next), idOf(old));
    assert.deepEqual((await opens(next))?.scopes, ['orders:read']);
    assert.deepEqual(await opens(next), await opens(old));

    await pool.query('UPDATE api_key SET expires_at = now() WHERE id = $1', [idOf(old)]);
    assert.equal(await opens(old), undefined);
    assert.ok(await opens(next));
  });

  it('never has more than two live keys in one place', async () => {
    const first = await made();
    const second = keyIn((await keys('rotate', first)).said);
    const again = await keys('rotate', first);
    assert.deepEqual([again.code, /rotated already/.test(again.said)], [1, true]);
    const third = keyIn((await keys('rotate', second, '--overlap-hours', '0')).said);
    assert.equal(await opens(second), undefined);
    assert.ok(await opens(third));
  });

  it('revokes a key, by its ID or by all of it, once', async () => {
    for (const by of [idOf, (key: string) => key]) {
      const key = await made();
      assert.ok(await opens(key));
      assert.equal((await keys('revoke', by(key))).code, 0);
      assert.equal(await opens(key), undefined);
      const again = await keys('revoke', by(key));
      assert.deepEqual([again.code, /no live key/.test(again.said)], [1, true]);
    }
  });

  it('lists keys with what they may, when they were used and whether they live, but no secret', async () => {
    const key = await made('--tenant', 'listed', '--scopes', 'orders:read,orders:write');
    assert.match((await keys('list', '--tenant', 'listed')).said, /never used {2}live\n$/);

    const use = createKeyUse(pool);
    await createCredentials(pool, { used: use.used }).authenticate(key);
    await use.close();
    const next = keyIn((await keys('rotate', key)).said);
    await keys('revoke', next);
    const { said } = await keys('list', '--tenant', 'listed');
    const [first = '', second = '', ...more] = said.trim().split('\n');
    assert.deepEqual(more, []);
    const line = `^${idOf(key)} {2}listed {2}orders:read,orders:write {2}used .* UTC {2}rotated, works`;
    assert.match(first, new RegExp(line));
    assert.match(second, /never used {2}revoked /);
    assert.ok(!said.includes('mg_'));
  });

  it('makes an operator’s key, which is listed and rotated as any other, and is no tenant’s', async () => {
    const key = await made('--operator', 'ann');
    const ann = { tenantId: '', operator: 'ann', scopes: ['operations'] };
    assert.deepEqual(await opens(key), ann);
    const { said } = await keys('list');
    assert.match(
      said,
      new RegExp(`^${idOf(key)} {2}operator ann {2}operations {2}never used`, 'm'),
    );
    const next = keyIn((await keys('rotate', key)).said);
    assert.deepEqual(await opens(next), ann);
    for (const more of [
      ['--tenant', 'acme'],
      ['--scopes', 'orders:read'],
    ]) {
      assert.equal((await keys('create', '--operator', 'ann', ...more)).code, 1, more.join(' '));
    }
    assert.equal((await keys('create', '--operator', ' ')).code, 1);
  });

  it('says how it is used when it is asked for anything else', async () => {
    for (const args of [[], ['rotate'], ['revoke', 'a', 'b'], ['list', '--all']]) {
      const { code, said } = await keys(...args);
      assert.deepEqual([code, /usage: npm run keys/.test(said)], [1, true], args.join(' '));
    }
    assert.match((await keys('rotate', 'x', '--overlap-hours=-1')).said, /^--overlap-hours: 0 to/);
  });
});
