import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { parseApiKey } from '../../src/adapters/postgres/api-keys.ts';
import { withClient } from '../../src/launcher/postgres.ts';
import {
  catalogueSchema,
  createKey,
  ensureTenant,
  keyWorks,
  SCOPES,
} from '../../src/launcher/shop.ts';
import { vouchersSchema } from '../../src/launcher/vouchers.ts';
import { createDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

describe('the shop that a first start opens', () => {
  let database: TestDatabase;
  let directory: string;
  before(async () => {
    database = await createDatabase();
    directory = mkdtempSync(join(tmpdir(), 'makegood-'));
  });
  after(async () => {
    await database.drop();
    rmSync(directory, { recursive: true });
  });

  const inDatabase = <T>(work: (client: pg.Client) => Promise<T>): Promise<T> =>
    withClient(database.url, work);

  const command = (file: string, ...args: string[]): Promise<{ code: number; said: string }> => {
    const path = fileURLToPath(new URL(`../../src/launcher/${file}`, import.meta.url));
    const env = { ...process.env, DATABASE_URL: database.url };
    return new Promise((resolve) => {
      execFile(process.execPath, ['--import', 'tsx', path, ...args], { env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : 1, said: out + err }),
      );
    });
  };

  it('sells what the sample catalogue lists: some plenty, some few, some none', () => {
    const file = new URL('../../src/launcher/catalogue.json', import.meta.url);
    const products = catalogueSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const available = products.map((product) => product.available);
    assert.ok(available.includes(0));
    assert.ok(available.some((units) => units > 0 && units < 5));
  });

  it('has a key that works again at the next start, until it is revoked', async () => {
    await inDatabase(async (client) => {
      const tenantId = await ensureTenant(client, 'demo');
      assert.equal(await ensureTenant(client, 'demo'), tenantId);
      const key = await createKey(client, { tenantId, scopes: SCOPES, environment: 'dev' });
      assert.equal(await keyWorks(client, key, tenantId), true);
      assert.equal(await keyWorks(client, key, 'ten_other'), false);
      assert.equal(await keyWorks(client, 'mg_dev_made_up', tenantId), false);
      await client.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [
        parseApiKey(key)?.id,
      ]);
      assert.equal(await keyWorks(client, key, tenantId), false);
    });
  });

  it('takes a catalogue from a file, and a newer one over it, without touching what is held', async () => {
    const file = join(directory, 'catalogue.json');
    const tea = { sku: 'tea', name: 'Tea', unitPrice: { value: '500', currency: 'EUR' } };
    writeFileSync(file, JSON.stringify([{ ...tea, available: 7 }]));
    const first = await command('catalogue.ts', 'import', file, '--tenant', 'tea house');
    assert.deepEqual(first, {
      code: 0,
      said: '1 products of tenant tea house are set:\n  tea: 500 EUR, 7 available\n',
    });
    await inDatabase((client) => client.query("UPDATE stock SET reserved = 2 WHERE sku = 'tea'"));

    const newer = { ...tea, name: 'Green tea', unitPrice: { value: '650', currency: 'EUR' } };
    writeFileSync(file, JSON.stringify([{ ...newer, available: 40 }]));
    assert.equal((await command('catalogue.ts', 'import', file, '--tenant', 'tea house')).code, 0);
    const rows = await inDatabase((client) =>
      client.query(
        `SELECT name, unit_price, available, reserved
           FROM product JOIN stock USING (tenant_id, sku) WHERE sku = 'tea'`,
      ),
    );
    assert.deepEqual(rows.rows, [
      { name: 'Green tea', unit_price: '650', available: 40, reserved: 2 },
    ]);
  });

  it('takes vouchers from a file, and newer terms over them, but no fewer uses than are taken', async () => {
    const file = join(directory, 'vouchers.json');
    const set = (...vouchers: readonly object[]) => {
      writeFileSync(file, JSON.stringify(vouchers));
      return command('catalogue.ts', 'vouchers', file, '--tenant', 'tea house');
    };
    const spring = { code: 'SPRING', currency: 'EUR', percentOff: 15, uses: 100 };
    assert.deepEqual(await set(spring, { ...spring, code: 'FIVE', percentOff: 5 }), {
      code: 0,
      said: '2 vouchers of tenant tea house are set:\n  SPRING: 15 % off, 100 uses\n  FIVE: 5 % off, 100 uses\n',
    });
    await inDatabase((client) =>
      client.query("UPDATE voucher SET taken = 2 WHERE code = 'SPRING'"),
    );
    const few = await set({ ...spring, uses: 1 });
    assert.deepEqual(few, { code: 1, said: 'one of them has been used more often already\n' });
    const newer = { code: 'SPRING', currency: 'EUR', amountOff: '250', uses: 2 };
    assert.equal((await set({ ...newer, validUntil: '2026-12-01T00:00:00Z' })).code, 0);
    const rows = await inDatabase((client) =>
      client.query(
        `SELECT amount_off, percent_off, uses, taken FROM voucher WHERE code = 'SPRING'`,
      ),
    );
    assert.deepEqual(rows.rows, [{ amount_off: '250', percent_off: null, uses: 2, taken: 2 }]);
    const wrong = await set({ ...newer, percentOff: 10 });
    assert.match(wrong.said, /needs amountOff or percentOff, and not both/);
  });

  it('has vouchers to try: one for many, and one for a single order', () => {
    const file = new URL('../../src/launcher/vouchers.json', import.meta.url);
    const vouchers = vouchersSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    assert.deepEqual(
      vouchers.map(({ code }) => code),
      ['WELCOME10', 'ONLYONE'],
    );
  });

  it('names the field of a catalogue that it cannot take', async () => {
    const file = join(directory, 'wrong.json');
    const price = { value: '19.99', currency: 'EUR' };
    writeFileSync(
      file,
      JSON.stringify([{ sku: 'tea', name: 'Tea', unitPrice: price, available: 1 }]),
    );
    const { code, said } = await command('catalogue.ts', 'import', file);
    assert.equal(code, 1);
    assert.match(said, /minor units as a decimal string/);
    assert.match(said, /\[0\]\.unitPrice\.value/);
  });

  it('makes keys on request, with the scopes asked for and no others', async () => {
    const { code, said } = await command('keys.ts', 'create', '--scopes', 'orders:read');
    assert.equal(code, 0);
    const key = parseApiKey(said.trim().split('\n').at(-1) ?? '');
    const rows = await inDatabase((client) =>
      client.query('SELECT scopes FROM api_key WHERE id = $1', [key?.id]),
    );
    assert.deepEqual(rows.rows, [{ scopes: ['orders:read'] }]);

    const wrong = await command('keys.ts', 'create', '--scopes', 'everything');
    assert.equal(wrong.code, 1);
    assert.match(wrong.said, /^--scopes: each one is of orders:read, .*got everything\n$/);
  });
});
