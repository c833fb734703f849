import assert from 'node:assert/strict';
import { SMOOTH, streaming, TOTAL } from '../support/event-scene.ts';
import { bookCompleted } from '../support/refunds.ts';
import { createHarness, getOf, orderIn, postOf } from './harness.ts';
import type { Harness, ProblemBody } from './harness.ts';

interface EventPage {
  readonly data: readonly {
    readonly type: string;
    readonly version: number;
    readonly sequence: number;
    readonly data: object;
  }[];
  readonly nextCursor: string | null;
}

describe('The events of an order, in pages,', () => {
  let api: Harness;
  let id: `ord_${string}`;
  before(async () => {
    api = await createHarness();
    id = (await orderIn(await api.app.request('/v1/orders', postOf(api.acme)))).id;
    await bookCompleted(api.book, id, TOTAL);
  });
  after(() => api.close());

  const get = (query = '', headers = {}) =>
    api.app.request(`/v1/orders/${id}/events${query}`, getOf(api.acme, headers));
  const page = async (query = '') => (await (await get(query)).json()) as EventPage;

  it('are numbered without gap, each with the order as it was then', async () => {
    const { data, nextCursor } = await page();
    assert.deepEqual(
      data.map(({ type, sequence, version }) => [type, sequence, version]),
      SMOOTH.map((type, index) => [type, index + 1, 1]),
    );
    assert.equal(nextCursor, null);
    const now = await (await api.app.request(`/v1/orders/${id}`, getOf(api.acme))).json();
    assert.deepEqual(data.at(-1)?.data, now);
  });

  it('come in as many pieces as are asked for', async () => {
    const first = await page('?limit=4');
    const second = await page(`?limit=4&cursor=${first.nextCursor ?? ''}`);
    assert.deepEqual([first.data.length, second.data.length], [4, 2]);
    assert.deepEqual(
      [...first.data, ...second.data].map(({ type }) => type),
      SMOOTH,
    );
    assert.equal(second.nextCursor, null);
  });

  it('are what is answered to whoever does not ask for a stream', async () => {
    for (const accept of ['*/*', 'application/json', 'text/html', 'text/event-stream;q=0']) {
      const answer = await get('', { Accept: accept });
      assert.equal(answer.headers.get('content-type'), 'application/json', accept);
      assert.equal(answer.headers.get('vary'), 'Accept');
    }
  });

  it('or as a stream, are another tenant’s as little as those of no order', async () => {
    for (const init of [getOf(api.globex), streaming(api.globex)]) {
      const answers = new Set<string>();
      for (const one of [id, 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb', 'ord_x']) {
        const answer = await api.app.request(`/v1/orders/${one}/events`, init);
        assert.equal(answer.status, 404);
        const { instance, ...problem } = (await answer.json()) as ProblemBody;
        assert.match(instance, /^req_/);
        answers.add(JSON.stringify(problem));
      }
      assert.equal(answers.size, 1);
    }
  });

  it('refuse by name a cursor that is none, and what they do not know', async () => {
    for (const [query, field] of [
      ['?cursor=W10', 'cursor'],
      ['?limit=0', 'limit'],
      ['?limit=101', 'limit'],
      ['?after=3', 'after'],
    ] as const) {
      const answer = await get(query);
      assert.equal(answer.status, 400);
      assert.equal(((await answer.json()) as ProblemBody).errors?.[0]?.field, field);
    }
  });
});
