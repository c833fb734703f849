/** Rows 14, 17 to 19, 21 and 22: what is refused, and what stands in the way of an answer. */
import assert from 'node:assert/strict';
import { eventually, validBody } from '../harness.ts';
import { requireFree } from './keys.ts';
import { accepted, refused } from './row.ts';
import type { Ask, Row } from './row.ts';
import type { Scene } from './scene.ts';
import { completed, placed, post, SUBJECTS } from './subjects.ts';
import { withBody, withHeaders } from './subjects.ts';
import type { Subject } from './subjects.ts';
import { send } from './wire.ts';
import type { Sent } from './wire.ts';

const oddBodies = (subject: Subject): Row => ({
  row: 14,
  on: subject.name,
  says: 'a body that is not valid, too large, or of another type',
  async begin(scene) {
    const sent = await subject.request(scene);
    const asks: Ask[] = [
      { sent: withBody(sent, '{"surprise":1}'), expected: refused(400, 'invalid-request') },
      { sent: withBody(sent, 'x'.repeat(65_537)), expected: refused(413, 'body-too-large') },
    ];
    if (subject.other !== undefined) {
      const expected = refused(415, 'unsupported-media-type');
      asks.push({ sent: withHeaders(sent, { 'Content-Type': 'text/plain' }), expected });
      asks.push({ sent: withBody(sent, '{'), expected: refused(400, 'malformed-json') });
    }
    return { asks, afterwards: () => requireFree(scene, sent) };
  },
});

const LATER = { 'retry-after': '2' };

const databaseDown = (subject: Subject): Row => ({
  row: 17,
  on: subject.name,
  says: 'PostgreSQL is down',
  async begin(scene) {
    const sent = await subject.request(scene);
    return {
      beforeAsking: () => scene.postgres.inject({ direction: 'up', kind: 'reset' }),
      // The credential could not be looked up, so the key is not read.
      asks: [
        { sent, expected: { ...refused(503, 'temporarily-unavailable', LATER), isUnread: true } },
      ],
      async afterwards() {
        scene.postgres.heal();
        await requireFree(scene, sent);
      },
    };
  },
});

// The statement arrives, and the connection breaks before its answer does.
const breaking = ({ postgres }: Scene, { decides }: Subject, times?: number): void =>
  postgres.inject({ direction: 'down', kind: 'cut', once: decides, ...(times && { times }) });

const outcomeFoundOut = (subject: Subject): Row => ({
  row: 17,
  on: subject.name,
  says: 'the answer to the commit is lost: the key tells what became of it',
  async begin(scene) {
    const sent = await subject.request(scene);
    const hits = scene.postgres.hits();
    // A cancel has no ID of its own to know itself by.
    const replays = subject.name === 'cancel' ? 'all' : 'all but one';
    return {
      beforeAsking: () => breaking(scene, subject, 1),
      asks: [{ sent, expected: { ...accepted(sent), replays } }],
      adds: subject.adds,
      afterwards() {
        scene.postgres.heal();
        assert.equal(scene.postgres.hits(), hits + 1);
        return Promise.resolve();
      },
    };
  },
});

const outcomeUnknown = (subject: Subject): Row => ({
  row: 17,
  on: subject.name,
  says: 'the answer to the commit is lost again and again: never a bare 500',
  async begin(scene) {
    const sent = await subject.request(scene);
    return {
      beforeAsking: () => breaking(scene, subject),
      asks: [{ sent, expected: refused(503, 'temporarily-unavailable', LATER) }],
      adds: { ...subject.adds, runs: 0 },
      async afterwards() {
        scene.postgres.heal();
        const { status, headers } = await send(scene.url(), sent);
        assert.deepEqual([status, headers.get('idempotent-replayed')], [202, 'true']);
      },
    };
  },
});

const temporalDown = (subject: Subject): Row => ({
  row: 18,
  on: subject.name,
  says: 'Temporal is down',
  async begin(scene) {
    const sent = await subject.request(scene);
    return {
      asks: [{ sent, expected: { ...accepted(sent), replays: 'all but one' } }],
      adds: { ...subject.adds, runs: 0 },
      beforeAsking: () => scene.setTemporalDown(true),
      async afterwards() {
        scene.setTemporalDown(false);
        const { runs } = await scene.books();
        await send(scene.url(), sent);
        assert.equal((await scene.books()).runs, runs + (subject.adds.runs ?? 0), 'started later');
      },
    };
  },
});

const hangingUp = (subject: Subject): Row => ({
  row: 19,
  on: subject.name,
  says: 'the client hangs up before it is answered',
  async begin(scene) {
    const sent = await subject.request(scene);
    const { runs, claims } = await scene.books();
    const [hungUp, handled] = [scene.hungUp(), scene.handled()];
    const blocked = await scene.block();
    const client = new AbortController();
    const { signal } = client;
    const unanswered = assert.rejects(send(scene.url(), sent, { signal, isAlone: true }));
    await blocked.awaited();
    client.abort();
    await unanswered;
    await eventually(() => scene.hungUp() > hungUp);
    await blocked.rollback();
    await eventually(() => scene.handled() > handled);
    const books = await scene.books();
    const expected = [runs + (subject.adds.runs ?? 0), claims + 1];
    assert.deepEqual([books.runs, books.claims], expected, 'its work goes on');
    return { asks: [{ sent, expected: { ...accepted(sent), replays: 'all' } }] };
  },
});

const onTheOrder = (
  on: Subject['name'],
  says: string,
  ask: (scene: Scene) => Promise<Sent>,
  problem: 'too-late-to-cancel' | 'order-in-progress' | 'amount-exceeds-captured',
): Row => ({
  row: 21,
  on,
  says,
  async begin(scene) {
    return { asks: [{ sent: await ask(scene), expected: refused(409, problem) }] };
  },
});

const asking = async (id: Promise<string>, scene: Scene, path: string, body?: unknown) =>
  post(`/v1/orders/${await id}/${path}`, scene.acme, body);
const TOO_MUCH = { amount: { value: '2049', currency: 'EUR' } };

const soldOut: Row = {
  row: 22,
  on: 'order',
  says: 'a line is sold out',
  begin({ acme }) {
    const lines = [{ sku: 'GONE', quantity: 1 }];
    const sent = post('/v1/orders', acme, { ...validBody(), lines });
    return Promise.resolve({ asks: [{ sent, expected: refused(409, 'sold-out') }] });
  },
};

export const REFUSALS: readonly Row[] = [
  ...SUBJECTS.map(oddBodies),
  ...SUBJECTS.map(databaseDown),
  ...SUBJECTS.map(outcomeFoundOut),
  ...SUBJECTS.map(outcomeUnknown),
  ...SUBJECTS.map(temporalDown),
  ...SUBJECTS.map(hangingUp),
  onTheOrder(
    'cancel',
    'it is too late',
    (scene) => asking(completed(scene), scene, 'cancel'),
    'too-late-to-cancel',
  ),
  onTheOrder(
    'refund',
    'the checkout has not ended',
    (scene) => asking(placed(scene), scene, 'refunds', {}),
    'order-in-progress',
  ),
  onTheOrder(
    'refund',
    'more than was captured',
    (scene) => asking(completed(scene), scene, 'refunds', TOO_MUCH),
    'amount-exceeds-captured',
  ),
  soldOut,
];
