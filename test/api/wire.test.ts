import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { listen } from '../../src/api/server.ts';
import type { Listening } from '../../src/api/server.ts';
import { createHarness, createProcess, eventually, getOf, newKey, postOf } from './harness.ts';
import type { Harness, OrderBody } from './harness.ts';

describe('On the wire', () => {
  let api: Harness;
  let other: ReturnType<typeof createProcess>;
  let servers: Listening[];
  before(async () => {
    api = await createHarness();
    other = createProcess(api.database.url);
    const address = { hostname: '127.0.0.1', port: 0 };
    servers = [
      await listen({ app: api.app, ...address }),
      await listen({ app: other.app, ...address }),
    ];
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await other.close();
    await api.close();
  });
  const url = (path: string, process = 0) => `${servers[process]?.url ?? ''}${path}`;

  it('50 equal requests to two processes make one order', async () => {
    const init = postOf(api.acme, { key: newKey() });
    const claims = await api.count('idempotency_claim');
    const orders = await api.count('order');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => fetch(url('/v1/orders', n % 2), init)),
    );
    for (const { status } of answers) assert.equal(status, 202);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    assert.equal(new Set(texts).size, 1);
    const replays = answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true');
    assert.equal(replays.length, 49);
    assert.equal(await api.count('order'), orders + 1);
    assert.equal(await api.count('idempotency_claim'), claims + 1);
  });

  it('50 requests with one key and two bodies make one order, and the others are told', async () => {
    const key = newKey();
    const bodies = ['pm_a', 'pm_b'].map((paymentMethod) => {
      const { body } = postOf(api.acme);
      return { ...(JSON.parse(body as string) as object), paymentMethod };
    });
    const orders = await api.count('order');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        fetch(url('/v1/orders', n % 2), postOf(api.acme, { key, body: bodies[(n >> 1) % 2] })),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    assert.deepEqual([...new Set(statuses)].sort(), [202, 422]);
    assert.equal(await api.count('order'), orders + 1);
  });

  /** Sends what fetch would not: the same header twice, or a body in chunks. */
  async function raw(
    headers: OutgoingHttpHeaders,
    chunks: readonly string[],
  ): Promise<IncomingMessage> {
    const base = { Authorization: `Bearer ${api.acme.key}`, 'Content-Type': 'application/json' };
    const options = { method: 'POST', headers: { ...base, ...headers } };
    const request = httpRequest(url('/v1/orders'), options);
    for (const chunk of chunks) request.write(chunk);
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response;
  }

  it('a key that comes in two headers is refused, whatever they join to', async () => {
    const body = postOf(api.acme).body as string;
    for (const key of [
      ['a', 'b'],
      ['a', 'a'],
      ['"a', 'b"'],
      ['a', ''],
    ]) {
      const response = await raw({ 'Idempotency-Key': key }, [body]);
      assert.equal(response.statusCode, 400, JSON.stringify(key));
    }
  });

  it('a body in chunks is read, and refused once it is too large', async () => {
    const body = postOf(api.acme).body as string;
    const halves = [body.slice(0, 100), body.slice(100)];
    assert.equal((await raw({ 'Idempotency-Key': newKey() }, halves)).statusCode, 202);
    const endless = Array.from({ length: 80 }, () => ' '.repeat(1024));
    assert.equal((await raw({ 'Idempotency-Key': newKey() }, endless)).statusCode, 413);
  });

  it('a client that hangs up in the middle of its body does no harm', async () => {
    const { hostname, port } = new URL(url('/'));
    const socket = connect(Number(port), hostname);
    const lines = api.lines.length;
    socket.write(
      `POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.acme.key}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"lines":',
    );
    await once(socket, 'connect');
    socket.end();
    await eventually(() => api.lines.length > lines);
    assert.equal(api.lines.at(-1)?.['status'], 400);
    assert.ok(!api.lines.slice(lines).some(({ msg }) => msg === 'bug'));
  });

  it('a client that hangs up while it waits leaves its order to go on, and may ask again', async () => {
    const init = postOf(api.acme);
    const headers = { ...(init.headers as object), Prefer: 'wait=30' };
    const client = new AbortController();
    const started = api.sagas.started.length;
    const answer = fetch(url('/v1/orders'), { ...init, headers, signal: client.signal });
    await eventually(() => api.sagas.started.length > started);
    const id = api.sagas.started.at(-1)?.id;
    const lines = api.lines.length;
    client.abort();
    await assert.rejects(answer);
    await eventually(() => api.lines.length > lines);
    const replay = await fetch(url('/v1/orders', 1), init);
    assert.equal(replay.headers.get('idempotent-replayed'), 'true');
    assert.equal(((await replay.json()) as OrderBody).id, id);
  });

  it('an order placed at one process is waited for at the other', async () => {
    const placed = await fetch(url('/v1/orders'), postOf(api.acme));
    const { id } = (await placed.json()) as OrderBody;
    const answer = fetch(url(`/v1/orders/${id}?wait=20`, 1), getOf(api.acme));
    await api.book.beginUnwind(id, 'out-of-stock');
    await api.book.closeOrder(id);
    assert.equal(((await (await answer).json()) as OrderBody).status, 'rejected');
  });
});
