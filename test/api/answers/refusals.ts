/** Rows 14 to 22: what is refused before a key counts, and what stands in the way of an answer. */
import assert from 'node:assert/strict';
import { addKey, eventually, validBody } from '../harness.ts';
import { granted, requireFree } from './keys.ts';
import { accepted, refused } from './row.ts';
import type { Ask, Expected, Row } from './row.ts';
import type { Scene } from './scene.ts';
import { completed, get, orderIn, placed, post, selfOf, SUBJECTS } from './subjects.ts';
import { withBody, withHeaders } from './subjects.ts';
import type { Subject } from './subjects.ts';
import { send } from './wire.ts';
import type { Sent } from './wire.ts';

const UNKNOWN = 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb';

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

// The key is neither echoed nor looked at.
const strangers = (subject: Subject, isReplay: boolean): Row => ({
  row: 15,
  on: subject.name,
  says: `no credential, a bad one, one without the scope${isReplay ? ', on a replay' : ''}`,
  async begin(scene) {
    const sent = isReplay ? (await granted(scene, subject))[0] : await subject.request(scene);
    const realm = 'Bearer realm="makegood"';
    const scope = subject.name === 'refund' ? 'refunds:write' : 'orders:write';
    const powerless = await addKey(scene.pool, scene.acme.id, ['orders:read']);
    const by = (authorization: string | undefined, expected: Expected): Ask => ({
      sent: withHeaders(sent, { Authorization: authorization }),
      expected,
    });
    const lacking = {
      'www-authenticate': `${realm}, error="insufficient_scope", scope="${scope}"`,
    };
    const invalid = { 'www-authenticate': `${realm}, error="invalid_token"` };
    return {
      asks: [
        by(undefined, refused(401, 'unauthenticated', { 'www-authenticate': realm })),
        by('Bearer mg_dev_x_y', refused(401, 'unauthenticated', invalid)),
        by(`Bearer ${powerless}`, refused(403, 'insufficient-scope', lacking)),
      ],
    };
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
    const { claims, runs } = await scene.books();
    scene.clients.inject({ direction: 'down', kind: 'black-hole' });
    const client = new AbortController();
    const answer = send(scene.clientsUrl(), sent, { signal: client.signal, isAlone: true });
    await eventually(async () => {
      const now = await scene.books();
      return now.claims > claims && now.runs === runs + (subject.adds.runs ?? 0);
    });
    const unanswered = assert.rejects(answer);
    client.abort();
    await unanswered;
    scene.clients.heal();
    return { asks: [{ sent, expected: { ...accepted(sent), replays: 'all' } }] };
  },
});

const NOT_FOUND = refused(404, 'not-found');

const notTheirs: Row = {
  row: 20,
  on: 'order, cancel, refund',
  says: "another tenant's order, and an unknown one",
  async begin(scene) {
    const [, refund] = await granted(scene, SUBJECTS[2]);
    const id = orderIn(refund);
    const paths = [`/v1/orders/${id}`, selfOf(refund)];
    const theirs = [
      ...paths.map((path) => get(path, scene.globex)),
      post(`/v1/orders/${id}/cancel`, scene.globex),
      post(`/v1/orders/${id}/refunds`, scene.globex, {}),
    ];
    const asks = await Promise.all(
      theirs.map(async (sent): Promise<Ask> => {
        const nobodys = { ...sent, path: sent.path.replace(id, UNKNOWN) };
        const { bytes } = await send(scene.url(), nobodys);
        return { sent, expected: { ...NOT_FOUND, bytes } };
      }),
    );
    return { asks };
  },
};

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
  ...SUBJECTS.map((subject) => strangers(subject, false)),
  ...SUBJECTS.map((subject) => strangers(subject, true)),
  ...SUBJECTS.map(databaseDown),
  ...SUBJECTS.map(outcomeFoundOut),
  ...SUBJECTS.map(outcomeUnknown),
  ...SUBJECTS.map(temporalDown),
  ...SUBJECTS.map(hangingUp),
  notTheirs,
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
