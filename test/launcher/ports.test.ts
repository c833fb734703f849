import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Complaint } from '../../src/launcher/complaint.ts';
import { requireDatabase } from '../../src/launcher/parts.ts';
import { createPorts, freePort, listens } from '../../src/launcher/ports.ts';
import { requireTemporal } from '../../src/launcher/temporal.ts';

describe('ports', () => {
  let directory: string;
  let file: string;
  let busy: Server;
  let busyPort: number;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'makegood-'));
    file = join(directory, 'ports.json');
    busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    busyPort = (busy.address() as AddressInfo).port;
  });
  after(() => {
    busy.close();
    rmSync(directory, { recursive: true });
  });

  const ports = (environment: NodeJS.ProcessEnv = {}, patienceMs = 0) =>
    createPorts({ file, environment, patienceMs });

  it('are the next free one, and the same again at the next start', async () => {
    const wish = { variable: 'SOME_PORT', preferred: busyPort };
    const first = await ports().take(wish);
    assert.ok(first > busyPort);
    assert.equal(await ports().take({ ...wish, preferred: first + 1 }), first);
  });

  it('are never given twice', async () => {
    const preferred = await freePort();
    const own = ports();
    const one = await own.take({ variable: 'ONE_PORT', preferred });
    const other = await own.take({ variable: 'OTHER_PORT', preferred });
    assert.notEqual(one, other);
  });

  it('that were set are taken or refused in one line', async () => {
    const wish = { variable: 'API_PORT', preferred: 3000 };
    const free = await freePort();
    assert.equal(await ports({ API_PORT: String(free) }).take(wish), free);
    await assert.rejects(ports({ API_PORT: String(busyPort) }).take(wish), {
      constructor: Complaint,
      message: `API_PORT=${busyPort} is in use: stop what listens there, or unset it`,
    });
    await assert.rejects(ports({ API_PORT: 'http' }).take(wish), {
      message: 'API_PORT=http is not a port from 1 to 65535',
    });
  });

  it('of a start that was killed are waited for while its children leave', async () => {
    const leaving = createServer().listen(0, '127.0.0.1');
    await once(leaving, 'listening');
    const { port } = leaving.address() as AddressInfo;
    const taking = ports({ LATE_PORT: String(port) }, 5_000).take({
      variable: 'LATE_PORT',
      preferred: 1,
    });
    leaving.close();
    assert.equal(await taking, port);
  });

  it('can be asked whether anybody listens', async () => {
    assert.equal(await listens(`127.0.0.1:${busyPort}`), true);
    assert.equal(await listens(`127.0.0.1:${await freePort()}`), false);
    assert.equal(await listens('no address'), false);
  });
});

describe('a server of your own', () => {
  it('that does not answer is named in one line: Temporal', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await assert.rejects(requireTemporal({ address, namespace: 'default' }), (error: Error) => {
      assert.match(error.message, new RegExp(`^TEMPORAL_ADDRESS=${address} does not answer`));
      return error instanceof Complaint;
    });
  });

  it('that does not answer is named in one line, without its password: PostgreSQL', async () => {
    const url = `postgres://makegood:secret@127.0.0.1:${await freePort()}/makegood`;
    await assert.rejects(requireDatabase(url), (error: Error) => {
      assert.match(error.message, /^DATABASE_URL does not answer \(.*ECONNREFUSED/);
      assert.ok(!error.message.includes('secret') && !error.message.includes('\n'));
      return error instanceof Complaint;
    });
  });
});
