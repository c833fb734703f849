/** What the README and docs/client.md tell people to type, typed, and compared with what they promise. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';
import { TENANT } from '../support/shop.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

interface Block {
  readonly language: string;
  readonly text: string;
}

async function blocksOf(file: string): Promise<Block[]> {
  const text = await readFile(join(root, file), 'utf8');
  const found = text.matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...found].map(([, language = '', code = '']) => ({ language, text: code }));
}

/** Without what differs each time. */
function alike(text: string): string {
  return text
    .replaceAll(/\b(ord|req|rfd)_[0-9a-z]{26}/g, '$1_…')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then')
    .replaceAll(/MG[0-9A-F]{12}/g, 'MG…');
}

describe('What the documentation tells people to type', function () {
  this.timeout(120_000);
  let stack: ProcessStack;
  let directory: string;
  let apiUrl: string;
  before(async () => {
    stack = await createProcessStack();
    const [api] = await Promise.all([stack.startApi(), stack.startWorker(), shelveMugs()]);
    apiUrl = api.url;
    directory = await mkdtemp(join(tmpdir(), 'makegood-readme-'));
    await mkdir(join(directory, '.makegood'));
    const endpoints = { apiUrl, apiKey: stack.apiKey, gatewayUrl: stack.parties.gatewayUrl };
    await writeFile(join(directory, '.makegood/endpoints.json'), JSON.stringify(endpoints));
  });
  after(async () => {
    await stack.close();
    await rm(directory, { recursive: true });
  });

  const shelveMugs = async (): Promise<void> => {
    const { pool } = stack.shop;
    const product = `INSERT INTO product VALUES ($1, 'mug', 'Stoneware mug', 1499, 'EUR')`;
    await pool.query(product, [TENANT]);
    await pool.query(`INSERT INTO stock VALUES ($1, 'mug', 500)`, [TENANT]);
  };
  const type = async (...commands: string[]): Promise<string> =>
    (await run('bash', ['-euc', commands.join('\n')], { cwd: directory })).stdout;

  describe('in the README', () => {
    let variables: string;
    let order: string;
    let answer: string;
    let get: string;
    let shown: string;
    before(async () => {
      const blocks = await blocksOf('README.md');
      const first = blocks.findIndex(({ text }) => text.includes('Idempotency-Key'));
      const texts = blocks.slice(first, first + 4).map(({ text }) => text);
      const [placing = ''] = texts;
      [variables = '', order = ''] = placing.split(/\n\n/);
      [, answer = '', get = '', shown = ''] = texts;
    });

    it('places an order, which is answered as it says, also when it is sent again', async () => {
      const [head = '', body = ''] = (await type(variables, order)).split('\r\n\r\n');
      const [promised = '', promisedBody = ''] = answer.split('\n\n');
      const headers = alike(head).toLowerCase().split('\r\n');
      for (const line of alike(promised).toLowerCase().split('\n'))
        assert.ok(headers.includes(line), `${line} is not in ${headers.join('\n')}`);
      assert.equal(alike(body), alike(promisedBody).trim());

      const [headAgain = '', bodyAgain] = (await type(variables, order)).split('\r\n\r\n');
      assert.match(headAgain, /^idempotent-replayed: true/m);
      assert.equal(bodyAgain, body);

      const { id } = JSON.parse(body) as { id: string };
      const ended = await type(variables, get.replace('ord_…', id));
      assert.deepEqual(JSON.parse(alike(ended)), JSON.parse(alike(shown)));
    });

    let tried = 0;
    /** The order of the README with a change, under another key. */
    const orderWith = (from: string, to: string): string =>
      order.replace('my-first-order', `try-${(tried += 1)}`).replace(from, to);
    const tries = {
      "-H 'Prefer: wait=10'": ['-d ', "-H 'Prefer: wait=10' -d ", / 200 OK/],
      '"sku":"mgu"': ['"sku":"mug"', '"sku":"mgu"', / 400 [^]*unknown-sku[^]*lines\[0\]\.sku/],
    } as const;
    for (const [cell, [from, to, expected]] of Object.entries(tries)) {
      it(`answers as it says to ${cell}`, async () => {
        assert.ok((await readFile(join(root, 'README.md'), 'utf8')).includes(cell));
        assert.match(await type(variables, orderWith(from, to)), expected);
      });
    }

    const ends = {
      '"paymentMethod":"pm_card_chargeDeclined"': ['pm_card_visa', 'rejected payment-declined'],
      '"postalCode":"00000"': ['SW1Y 4JH', 'refunded address-refused'],
    } as const;
    for (const [cell, [from, expected]] of Object.entries(ends)) {
      it(`ends as it says with ${cell}`, async () => {
        assert.ok((await readFile(join(root, 'README.md'), 'utf8')).includes(cell));
        const to = cell.split('"').at(-2) ?? '';
        assert.equal(await endOf(orderWith(from, to)), expected);
      });
    }

    it('completes an order whose charge is answered by nobody', async () => {
      const readme = await readFile(join(root, 'README.md'), 'utf8');
      const [breaking = ''] = /curl -X PUT \$GATEWAY[^`]*/.exec(readme) ?? [];
      await type(`GATEWAY=${stack.parties.gatewayUrl}`, breaking);
      assert.equal(await endOf(orderWith('', '')), 'completed undefined');
    });

    const endOf = async (placing: string): Promise<string> => {
      const [, body = ''] = (await type(variables, placing)).split('\r\n\r\n');
      const { id } = JSON.parse(body) as { id: string };
      const answer = await type(variables, get.replace('ord_…', id));
      const { status, reason } = JSON.parse(answer) as { status: string; reason?: string };
      return `${status} ${reason}`;
    };
  });

  it('in docs/client.md: each example says what stands below it', async () => {
    const blocks = await blocksOf('docs/client.md');
    const examples = blocks.filter(({ language }) => language === 'ts');
    assert.ok(examples.length >= 5);
    const env = { ...process.env, MAKEGOOD_URL: apiUrl, MAKEGOOD_API_KEY: stack.apiKey };
    // Where the package's own name leads to it, as for anyone who has installed it.
    await mkdir(join(root, '.makegood'), { recursive: true });
    const inside = await mkdtemp(join(root, '.makegood/example-'));
    try {
      for (const example of examples) {
        const file = join(inside, 'example.ts');
        await writeFile(file, example.text);
        const said = await run(process.execPath, ['--import', 'tsx', file], { cwd: root, env });
        assert.equal(said.stdout, blocks[blocks.indexOf(example) + 1]?.text);
      }
    } finally {
      await rm(inside, { recursive: true });
    }
  });
});
