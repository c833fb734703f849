/**
 * An API process dies, or freezes, with a request half done: before it is claimed, before it is
 * answered, before its run is started. There is one order and one run, whoever asks again and where.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { OrderId } from '../../src/domain/order.ts';
import { orderOf } from '../../src/launcher/samples.ts';
import type { Running } from '../../src/launcher/processes.ts';
import { eventually } from '../api/harness.ts';
import { audit } from '../support/audit.ts';
import { openDesk } from '../support/failpoints/desk.ts';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';

const POINTS = [
  { when: 'before the claim', act: 'place', at: 'begin' },
  { when: 'between commit and answer', act: 'place', at: 'end' },
  { when: 'between claim and start', act: 'start', at: 'begin' },
  { when: 'between start and stamp', act: 'start', at: 'end' },
] as const;

type Api = Running & { readonly url: string };

describe('an API process', function () {
  this.timeout(120_000);
  let stack: ProcessStack;
  let desk: Awaited<ReturnType<typeof openDesk>>;
  let one: Api;
  let other: Api;
  before(async () => {
    [stack, desk] = await Promise.all([createProcessStack(), openDesk()]);
    await stack.shop.stock('MUG', 1_000);
    [other] = await Promise.all([stack.startApi(), stack.startWorker()]);
  });
  beforeEach(async () => {
    one = await stack.startApi(desk.settings);
  });
  afterEach(() => one.stop());
  after(async () => {
    desk.close();
    await stack.close();
  });

  interface Asked {
    readonly key: string;
    readonly requestId: string;
  }
  const ask = (): Asked => ({ key: randomUUID(), requestId: `req_${randomUUID()}` });
  /** The whole answer; undefined where there was none. */
  const post = async ({ url }: Api, { key, requestId }: Asked): Promise<string | undefined> => {
    const sent = fetch(`${url}/v1/orders`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${stack.apiKey}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': key,
        'X-Request-Id': requestId,
      },
      body: JSON.stringify(orderOf({ lines: [{ sku: 'MUG', quantity: 1 }] })),
    });
    const answer = await sent.catch(() => undefined);
    return answer && `${answer.status} ${await answer.text()}`;
  };
  const idIn = (answer: string) => (JSON.parse(answer.slice(4)) as { id: OrderId }).id;
  const runsOf = async (id: OrderId): Promise<readonly string[]> => {
    const runs = [];
    for await (const { runId } of stack.client.workflow.list({ query: `WorkflowId = '${id}'` })) {
      runs.push(runId);
    }
    return runs;
  };
  /** By the books of the parties outside, by our own, and by the list of runs. */
  const requireOne = async (answer: string | undefined) => {
    assert.ok(answer !== undefined, 'there is an answer');
    assert.match(answer, /^202 /);
    const id = idIn(answer);
    await eventually(async () => (await stack.shop.row(id)).status === 'completed');
    await stack.client.workflow.getHandle(id).result();
    await audit(stack.parties, { id, amountMinor: '1000' }, 'completed');
    // Temporal lists a run some time after it has started it.
    await eventually(async () => (await runsOf(id)).length > 0);
    assert.equal((await runsOf(id)).length, 1);
  };
  const countOrders = async () => {
    const { rows } = await stack.shop.pool.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM "order"',
    );
    return rows[0]?.n ?? 0;
  };
  const heldAt = (act: string, at: string, { requestId }: Asked) => {
    desk.plan((crossing) =>
      crossing.pid === one.pid &&
      crossing.requestId === requestId &&
      crossing.act === act &&
      crossing.at === at
        ? 'hold'
        : undefined,
    );
    return () => desk.reached((crossing) => crossing.requestId === requestId);
  };
  /** At all points at once. */
  const askHeld = async () => {
    const asked = POINTS.map(({ act, at }) => {
      const request = ask();
      return { request, isHeld: heldAt(act, at, request) };
    });
    const answers = asked.map(({ request }) => post(one, request));
    await Promise.all(asked.map(({ isHeld }) => isHeld()));
    return { requests: asked.map(({ request }) => request), answers };
  };

  it('that is killed leaves one order for each key, whoever asks again', async () => {
    const earlier = await countOrders();
    const { requests, answers } = await askHeld();
    desk.release(() => true, 'kill');
    assert.equal(await one.ended, 'SIGKILL');
    const first = await Promise.all(answers);
    const again = await Promise.all(requests.map((request) => post(other, request)));
    for (const [n, { when }] of POINTS.entries()) {
      await requireOne(again[n]);
      const replayed = await post(other, requests[n] ?? ask());
      assert.equal(replayed, again[n], `${when}: the same bytes again`);
      assert.ok([undefined, replayed].includes(first[n]), `${when}: the same bytes as before`);
    }
    assert.equal(await countOrders(), earlier + POINTS.length);
  });

  it('that is killed leaves no claimed order unstarted, also when nobody asks again', async () => {
    const { requests } = await askHeld();
    desk.release(() => true, 'kill');
    await one.ended;
    const claimed = 'SELECT id FROM "order" WHERE request_id = ANY ($1)';
    const ids = requests.map(({ requestId }) => requestId);
    const { rows } = await stack.shop.pool.query<{ id: OrderId }>(claimed, [ids]);
    assert.equal(rows.length, POINTS.length - 1);
    for (const { id } of rows) await requireOne(`202 ${JSON.stringify({ id })}`);
  });

  for (const { when, act, at } of POINTS) {
    it(`that freezes ${when}, and wakes up after the end, changes nothing`, async () => {
      const earlier = await countOrders();
      const request = ask();
      const isHeld = heldAt(act, at, request);
      const answer = post(one, request);
      await isHeld();
      desk.release(() => true, 'stop');
      const elsewhere = await post(other, request);
      await requireOne(elsewhere);
      process.kill(one.pid, 'SIGCONT');
      assert.equal(await answer, elsewhere, 'the same bytes');
      // It has started what it meant to start, or seen that it need not.
      await one.stop();
      await requireOne(elsewhere);
      assert.equal(await countOrders(), earlier + 1);
    });
  }

  it('and another make one order of 50 equal requests at once', async () => {
    const request = ask();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => post(n % 2 === 0 ? one : other, request)),
    );
    const [answer, ...different] = new Set(answers);
    assert.deepEqual(different, []);
    await requireOne(answer);
  });
});
