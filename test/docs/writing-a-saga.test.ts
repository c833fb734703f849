/**
 * docs/writing-a-saga.md and docs/saga-engine.md, done as they say: their files in an empty folder,
 * with the package that their readers install, type-checked and run; their commands typed into a shell.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../../examples/trip/activities.ts';
import { createParties } from '../../examples/trip/parties.ts';
import type { TripInput, TripResult } from '../../examples/trip/workflows.ts';
import { progressQuery } from '../../src/saga/index.ts';
import type { ParkedStep } from '../../src/saga/index.ts';
import { eventually } from '../api/harness.ts';
import { service } from '../support/services.ts';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const newQueue = () => `test-${randomBytes(6).toString('hex')}`;

describe('docs/writing-a-saga.md and docs/saga-engine.md', function () {
  // Compilers and bundlers, each in a process of its own, beside two other test files.
  this.timeout(180_000);
  let page: string;
  let folder: string;
  before(async () => {
    const pages = ['writing-a-saga.md', 'saga-engine.md'].map((name) =>
      readFile(join(root, 'docs', name), 'utf8'),
    );
    page = (await Promise.all(pages)).join('\n');
    folder = await mkdtemp(join(tmpdir(), 'makegood-docs-'));
    await install(folder);
    for (const { name, text } of filesOf(page)) await writeFile(join(folder, name), text);
  });
  after(() => rm(folder, { recursive: true }));

  it('name each piece of code, so that none goes untested', () => {
    const names = filesOf(page).map(({ name }) => name);
    assert.equal(names.length, page.match(/^```(ts|json)$/gm)?.length);
    assert.equal(names.length, new Set(names).size);
  });

  it('name the package as it is packed', async () => {
    const named = page.match(/makegood-[0-9.]+[.]tgz/g);
    assert.deepEqual([...new Set(named)], [`makegood-${await version()}.tgz`]);
  });

  it('show the files of examples/trip as they are', async () => {
    for (const name of ['parties', 'activities', 'workflows', 'worker', 'story']) {
      const shown = filesOf(page).find((file) => file.name === `${name}.ts`)?.text;
      assert.equal(shown, await readFile(join(root, `examples/trip/${name}.ts`), 'utf8'));
    }
  });

  it('have code that compiles against the package', async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const says = await execute(process.execPath, [tsc], { cwd: folder }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stdout: string }).stdout,
    );
    assert.equal(says, '');
  });

  it('have a story that goes as it is told', async () => {
    const { address } = await service('temporal');
    const env = { ...process.env, TEMPORAL_ADDRESS: address, TRIP_TASK_QUEUE: newQueue() };
    const main = ['--import', 'tsx', 'main.ts'];
    const { stdout } = await execute(process.execPath, main, { cwd: folder, env });
    assert.ok(page.includes(`\`\`\`text\n${stdout.replace(/trip-[0-9a-f-]{36}/g, 'trip-…')}`));
  });

  it('have tests that pass without a server', async () => {
    const command = shellOf(page, 'node --import tsx --test');
    const { stdout } = await execute('sh', ['-ec', command], { cwd: folder });
    assert.match(stdout, /^# pass 2$/m);
    assert.match(stdout, /^# fail 0$/m);
  });

  it('sort the answers of a party over HTTP', async () => {
    const { call } = (await import(pathToFileURL(join(folder, 'call.ts')).href)) as {
      call: (url: string, body: object, refused: string) => Promise<unknown>;
    };
    const server = createServer((request, response) => {
      response.writeHead(Number(request.url?.slice(1))).end('{"id":7}');
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const put = (status: number) => call(`${url}/${status}`, {}, 'no-room');
    assert.deepEqual(await put(200), { id: 7 });
    await assert.rejects(put(409), { type: 'Refusal', details: [{ code: 'no-room' }] });
    await assert.rejects(put(202), { type: 'Pending' });
    await assert.rejects(put(503), { type: 'Unavailable' });
    await assert.rejects(put(404), { name: 'Error' });
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await assert.rejects(put(200), { type: 'Unavailable' });
  });

  describe('with their workflows running', () => {
    const taskQueue = newQueue();
    const parties = createParties();
    const called: ParkedStep[] = [];
    const asked: string[] = [];
    let client: Client;
    let close: () => Promise<void>;

    before(async () => {
      const { address, binary } = await service('temporal');
      await mkdir(join(folder, 'bin'));
      await symlink(binary, join(folder, 'bin/temporal'));
      await writeFile(join(folder, 'all.ts'), all);
      Runtime.install({ logger: new DefaultLogger('ERROR') });
      const [native, connection] = await Promise.all([
        NativeConnection.connect({ address }),
        Connection.connect({ address }),
      ]);
      const worker = await Worker.create({
        connection: native,
        taskQueue,
        workflowsPath: join(folder, 'all.ts'),
        activities: {
          ...createActivities(parties),
          callOperator: (_: string, parked: ParkedStep) => Promise.resolve(called.push(parked)),
          beginUnwind: (id: string, reason: string) => {
            asked.push(`${id} ${reason}`);
            return Promise.resolve({ gate: 'unwinding', reason });
          },
          closeTrip: () => Promise.resolve({ status: 'called off', reason: 'says the book' }),
        },
      });
      const running = worker.run();
      client = new Client({ connection });
      close = async () => {
        worker.shutdown();
        await running;
        await Promise.all([native.close(), connection.close()]);
      };
    });
    after(() => close());

    /** A trip whose hotel is full. */
    const start = (type: string, id: string) => {
      parties.hotel.answerNext(id, 'booked', [{ status: 409, detail: 'no room is free' }]);
      const budgets = { hotAttempts: 2, firstRetryMs: 20, slowestRetryMs: 600_000 };
      return client.workflow.start<(input: TripInput) => Promise<TripResult>>(type, {
        taskQueue,
        workflowId: id,
        args: [{ trip: { id }, budgets }],
      });
    };
    const type = async (command: string, trip: string): Promise<string> => {
      const { address } = await service('temporal');
      const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`;
      const env = { ...process.env, PATH: path, TEMPORAL_ADDRESS: address, TRIP: trip };
      return (await execute('sh', ['-ec', command], { env })).stdout;
    };

    it('let an operator end a parked trip by the commands that it shows', async () => {
      const trip = `${taskQueue}-watched`;
      await type(shellOf(page, 'temporal operator search-attribute create'), trip);
      const busy = { status: 503, detail: 'the line is busy' };
      parties.airline.answerNext(trip, 'cancelled', Array<typeof busy>(100).fill(busy));
      const run = await start('watchedTrip', trip);
      await eventually(async () => {
        const progress = await run.query(progressQuery);
        return progress.some(({ state }) => state === 'parked');
      });
      await eventually(() => Promise.resolve(called.length > 0));
      assert.deepEqual(called, [{ step: 'book flight', undo: true, detail: busy.detail }]);
      assert.equal(await needsOperator(run), true);

      const [, query = ''] = /`(temporal workflow query [^`]+)`/.exec(page) ?? [];
      assert.match(await type(query, trip), /parked/);
      await type(shellOf(page, 'temporal workflow update execute'), trip);
      assert.deepEqual(await run.result(), { status: 'called off', reason: 'no-room' });
      assert.equal(await needsOperator(run), false);
    });

    it('ask the books before they undo anything, and end as those say', async () => {
      const trip = `${taskQueue}-with-books`;
      const run = await start('tripWithBooks', trip);
      assert.deepEqual(await run.result(), { status: 'called off', reason: 'says the book' });
      assert.deepEqual(asked, [`${trip} no-room`]);
      const flight = parties.airline.book.filter((line) => line.startsWith(trip));
      assert.deepEqual(flight, [`${trip} booked`, `${trip} cancelled`]);
    });
  });
});

const all = `export { watchedTrip } from './watched-trip.ts';
export { tripWithBooks } from './trip-with-books.ts';
`;

interface Run {
  describe(): Promise<{ typedSearchAttributes: { get(key: typeof NEEDS_OPERATOR): unknown } }>;
}

const NEEDS_OPERATOR = { name: 'needsOperator', type: 'BOOL' } as const;

async function needsOperator(run: Run): Promise<unknown> {
  return (await run.describe()).typedSearchAttributes.get(NEEDS_OPERATOR);
}

/** What `npm install` would do: makegood as it is packed, the rest from our own folder. */
async function install(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'makegood'), { recursive: true });
  await execute(process.execPath, ['scripts/pack.mjs', '--out', folder], { cwd: root });
  const packed = `makegood-${await version()}.tgz`;
  await execute('tar', [
    '-xzf',
    join(folder, packed),
    '-C',
    join(modules, 'makegood'),
    '--strip',
    '1',
  ]);
  for (const name of ['@temporalio', '@types', 'tsx']) {
    await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
}

async function version(): Promise<string> {
  const manifest = await readFile(join(root, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** The files that the pages show: their name in bold, then what is in them. */
function filesOf(page: string): readonly { readonly name: string; readonly text: string }[] {
  const blocks = page.matchAll(/^\*\*`([\w.-]+)`\*\*\n\n```(?:ts|json)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, name = '', text = '']) => ({ name, text }));
}

/** The commands of the block that begins so. */
function shellOf(page: string, beginning: string): string {
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  return blocks.find((text) => text.startsWith(beginning)) ?? assert.fail(`no ${beginning} …`);
}
