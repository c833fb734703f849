/** The stand-ins as processes: they say where they are, survive a kill and do not outlive a parent. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createCarrier } from '../../src/adapters/carrier/index.ts';
import { bookLines, temporaryDirectory } from '../support/stand-ins.ts';

interface Ready {
  readonly ready: true;
  readonly url: string;
  readonly smtpUrl?: string;
}

describe('a stand-in process', () => {
  const path = temporaryDirectory();
  const running = new Set<ChildProcess>();
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
    running.clear();
  });

  async function start(role: string): Promise<{ child: ChildProcess; ready: Ready; said: string }> {
    const main = new URL('../../src/counterparties/main.ts', import.meta.url);
    const child = fork(main, [role], {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, COUNTERPARTY_BOOK: path(role) },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    running.add(child);
    const { stdout } = child;
    assert.ok(stdout !== null);
    const [[ready], [said]] = (await Promise.all([
      once(child, 'message'),
      once(stdout, 'data'),
    ])) as [[Ready], [Buffer]];
    return { child, ready, said: said.toString() };
  }

  for (const role of ['gateway', 'mail']) {
    it(`says where the ${role} is, and ends on SIGTERM`, async () => {
      const { child, ready, said } = await start(role);
      assert.equal(said, `${JSON.stringify(ready)}\n`);
      assert.equal(ready.smtpUrl !== undefined, role === 'mail');
      assert.deepEqual(await bookLines(ready.url), []);
      child.kill('SIGTERM');
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    });
  }

  it('remembers everything it answered after kill -9, and ends with its parent', async () => {
    const shipment = {
      reference: 'ord_1',
      requestId: 'req-1',
      address: { name: 'A', line1: 'B', city: 'C', postalCode: '1', country: 'BE' },
      lines: [{ sku: 'mug', quantity: 1 }],
    };
    const first = await start('carrier');
    const ship = ({ url }: Ready) =>
      createCarrier({ baseUrl: url }).requestShipment(shipment, { timeoutMs: 5_000 });
    const shipped = await ship(first.ready);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const second = await start('carrier');
    assert.deepEqual(await ship(second.ready), shipped);
    second.child.disconnect();
    assert.deepEqual(await once(second.child, 'exit'), [0, null]);
  });
});
