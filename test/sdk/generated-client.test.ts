/** A client that is generated from openapi.json, as docs/client.md tells people to make one. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually, shelveMugs } from '../api/harness.ts';
import { createProcessStack } from '../support/processes.ts';
import { TENANT } from '../support/shop.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

describe('A client generated from openapi.json', function () {
  // A generator and two compilers, each in a process of its own.
  this.timeout(120_000);
  let folder: string;
  let program: string;
  let promised: string;
  before(async () => {
    const page = await readFile(join(root, 'docs/client.md'), 'utf8');
    const blocks = /^```typescript\n(.*?)^```\n\n```text\n(.*?)^```/ms.exec(page);
    [, program = '', promised = ''] = blocks ?? assert.fail('no such program');
    // Where the packages can be found, as for anyone who has installed them.
    await mkdir(join(root, '.makegood'), { recursive: true });
    folder = await mkdtemp(join(root, '.makegood/generated-'));
    await writeFile(
      join(folder, 'tsconfig.json'),
      '{ "extends": "../../tsconfig.json", "include": ["."] }',
    );
    await writeFile(join(folder, 'program.ts'), program);
    await tool('openapi-typescript/bin/cli.js', join(root, 'openapi.json'), '-o', 'makegood.d.ts');
  });
  after(() => rm(folder, { recursive: true }));

  const tool = (name: string, ...args: string[]) =>
    run(process.execPath, [join(root, 'node_modules', name), ...args], { cwd: folder });
  /** What the compiler has to say. */
  const compile = async (text: string): Promise<string> => {
    await writeFile(join(folder, 'program.ts'), text);
    return await tool('typescript/bin/tsc').then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stdout: string }).stdout,
    );
  };

  it('is of the versions that the page names', async () => {
    const page = await readFile(join(root, 'docs/client.md'), 'utf8');
    const manifest = await readFile(join(root, 'package.json'), 'utf8');
    const { devDependencies } = JSON.parse(manifest) as { devDependencies: Record<string, string> };
    for (const name of ['openapi-fetch', 'openapi-typescript'])
      assert.ok(page.includes(` ${name}@${devDependencies[name]}`));
  });

  it('type-checks, and finds what is misspelled', async () => {
    assert.match(
      await compile(program.replace("sku: 'mug', quantity: 2", "sku: 'mug'")),
      /quantity/,
    );
    assert.match(await compile(program.replace('data?.status', 'data?.state')), /'state'/);
    assert.match(
      await compile(program.replace('/refunds/{refundId}', '/refund/{refundId}')),
      /\/refund\//,
    );
    assert.equal(await compile(program), '');
  });

  it('places an order, waits for it and asks for a refund', async () => {
    const stack = await createProcessStack();
    try {
      const { pool } = stack.shop;
      const [api] = await Promise.all([
        stack.startApi(),
        stack.startWorker(),
        shelveMugs(pool, { id: TENANT }, 500),
      ]);
      const env = { ...process.env, MAKEGOOD_URL: api.url, MAKEGOOD_API_KEY: stack.apiKey };
      const main = ['--import', 'tsx', join(folder, 'program.ts')];
      const { stdout } = await run(process.execPath, main, { cwd: root, env });
      assert.equal(stdout, promised);
      await eventually(async () => {
        const { rows } = await pool.query<{ state: string }>('SELECT state FROM refund');
        return rows.length === 1 && rows[0]?.state === 'succeeded';
      });
    } finally {
      await stack.close();
    }
  });
});
