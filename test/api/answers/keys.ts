/** Rows 1 to 11: what a key is for, and what is no key. */
import assert from 'node:assert/strict';
import { newKey } from '../harness.ts';
import { accepted, refused, replayOf } from './row.ts';
import type { Row } from './row.ts';
import type { Scene } from './scene.ts';
import { get, keyOf, selfOf, SUBJECTS, WITH_A_BODY, withHeaders } from './subjects.ts';
import type { Subject } from './subjects.ts';
import { bodyOf, send } from './wire.ts';
import type { Seen, Sent } from './wire.ts';

/** A request that was granted, with its first answer. */
export async function granted(scene: Scene, subject: Subject): Promise<readonly [Sent, Seen]> {
  const sent = await subject.request(scene);
  const first = await send(scene.url(), sent);
  assert.equal(first.status, 202, first.bytes.toString());
  return [sent, first];
}

/** Whether the key of what was refused can still be used for what is right. */
export async function requireFree(scene: Scene, sent: Sent): Promise<void> {
  const { status, headers } = await send(scene.url(), sent);
  assert.deepEqual([status, headers.get('idempotent-replayed')], [202, null], 'the key is free');
}

async function requireShown(scene: Scene, path: string, status: string): Promise<void> {
  const shown = bodyOf(await send(scene.url(), get(path, scene.acme)));
  assert.equal(shown['status'], status);
}

const first = (subject: Subject): Row => ({
  row: 1,
  on: subject.name,
  says: 'the first, valid',
  async begin(scene) {
    const sent = await subject.request(scene);
    const expected = { ...accepted(sent), replays: 'all but one' } as const;
    return { asks: [{ sent, expected }], adds: subject.adds };
  },
});

const inFlight = (subject: Subject): Row => ({
  row: 2,
  on: subject.name,
  says: 'the first is in flight, and is granted',
  isCut: true,
  async begin(scene) {
    const sent = await subject.request(scene);
    const rival = await scene.hold(subject.held(sent));
    return {
      asks: [{ sent, expected: { ...accepted(sent), replays: 'all' } }],
      adds: subject.adds,
      meanwhile: async () => {
        await rival.awaited();
        await rival.commit();
      },
    };
  },
});

const inFlightForLong: Row = {
  row: 2,
  on: 'order, cancel, refund',
  says: 'the first is in flight for longer than 2 s',
  async begin(scene) {
    const sent = await Promise.all(SUBJECTS.map((subject) => subject.request(scene)));
    const rivals = await Promise.all(
      SUBJECTS.map((subject, index) => scene.hold(subject.held(sent[index] ?? assert.fail()))),
    );
    const expected = refused(409, 'idempotency-in-progress', { 'retry-after': '1' });
    return {
      asks: sent.map((one) => ({ sent: one, expected })),
      async afterwards() {
        await Promise.all(rivals.map((rival) => rival.rollback()));
        for (const one of sent) await requireFree(scene, one);
      },
    };
  },
};

const underWay = (subject: Subject): Row => ({
  row: 3,
  on: subject.name,
  says: 'a replay while it is under way',
  isCut: true,
  async begin(scene) {
    const [sent, answer] = await granted(scene, subject);
    return { asks: [replayOf(sent, answer)] };
  },
});

const ended = (
  row: number,
  says: string,
  { name, ...subject }: Subject,
  end: Subject['succeed'] = subject.succeed,
): Row => ({
  row,
  on: name,
  says,
  async begin(scene) {
    const [sent, answer] = await granted(scene, { name, ...subject });
    const status = await end(scene, answer);
    return {
      asks: [replayOf(sent, answer)],
      async afterwards() {
        await requireShown(scene, selfOf(answer), status);
        if (row !== 5) return;
        await requireFree(scene, withHeaders(sent, { 'Idempotency-Key': newKey() }));
      },
    };
  },
});

// What its process does last is to write the claim: nobody is told, and nothing is started.
const died = (subject: Subject): Row => ({
  row: 6,
  on: subject.name,
  says: 'the first died between claim and start',
  isCut: true,
  async begin(scene) {
    const sent = await subject.request(scene);
    await (await scene.hold(subject.held(sent))).commit();
    const expected = { ...accepted(sent), replays: 'all' } as const;
    return { asks: [{ sent, expected }], adds: { runs: subject.adds.runs ?? 0 } };
  },
});

const reused = (subject: Subject): Row => ({
  row: 7,
  on: subject.name,
  says: 'the same key, another body',
  isCut: true,
  async begin(scene) {
    const [sent] = await granted(scene, subject);
    const other = subject.other?.(sent) ?? assert.fail();
    return { asks: [{ sent: other, expected: refused(422, 'idempotency-key-reused') }] };
  },
});

const reusedInFlight = (subject: Subject): Row => ({
  row: 7,
  on: subject.name,
  says: 'the same key, another body, while the first is in flight',
  isCut: true,
  async begin(scene) {
    const sent = await subject.request(scene);
    const rival = await scene.hold(subject.held(sent));
    const other = subject.other?.(sent) ?? assert.fail();
    return {
      asks: [{ sent: other, expected: refused(422, 'idempotency-key-reused') }],
      adds: { ...subject.adds, runs: 0 },
      meanwhile: async () => {
        await rival.awaited();
        await rival.commit();
      },
    };
  },
});

const keyless = (subject: Subject): Row => ({
  row: 8,
  on: subject.name,
  says: 'no key',
  async begin(scene) {
    const sent = await subject.request(scene);
    const bare = withHeaders(sent, { 'Idempotency-Key': undefined });
    return { asks: [{ sent: bare, expected: refused(400, 'idempotency-key-missing') }] };
  },
});

const oddKeys = (subject: Subject): Row => ({
  row: 9,
  on: subject.name,
  says: 'a key that is empty, too long, of odd characters, or there twice',
  async begin(scene) {
    const sent = await subject.request(scene);
    const odd = ['', 'k'.repeat(256), 'a b', '"open', 'caf\u00e9'];
    const key = keyOf(sent);
    // Joined by a comma, the second of them would make a key that looks like one.
    const twice = [
      [key, key],
      [key, ''],
    ];
    const asks = [...odd, ...twice].map((one) => ({
      sent: withHeaders(sent, { 'Idempotency-Key': one }),
      expected: refused(400, 'idempotency-key-invalid'),
    }));
    return { asks, afterwards: () => requireFree(scene, sent) };
  },
});

const otherTenant = (subject: Subject): Row => ({
  row: 10,
  on: subject.name,
  says: 'the same key, another tenant',
  async begin(scene) {
    const [ours] = await granted(scene, subject);
    const theirs = await subject.request(scene, scene.globex);
    const sent = withHeaders(theirs, { 'Idempotency-Key': keyOf(ours) });
    const expected = { ...accepted(sent), replays: 'all but one' } as const;
    return { asks: [{ sent, expected }], adds: subject.adds };
  },
});

const otherRoute = (subject: Subject, elsewhere: Subject): Row => ({
  row: 11,
  on: subject.name,
  says: `the same key, used for another route (${elsewhere.name})`,
  async begin(scene) {
    const [used] = await granted(scene, elsewhere);
    const sent = withHeaders(await subject.request(scene), { 'Idempotency-Key': keyOf(used) });
    const expected = { ...accepted(sent), replays: 'all but one' } as const;
    return { asks: [{ sent, expected }], adds: subject.adds };
  },
});

const [ORDER, CANCEL, REFUND] = SUBJECTS;

export const KEYS: readonly Row[] = [
  ...SUBJECTS.map(first),
  ...SUBJECTS.map(inFlight),
  inFlightForLong,
  ...SUBJECTS.map(underWay),
  ...SUBJECTS.map((subject) => ended(4, 'a replay after its success', subject)),
  ...WITH_A_BODY.map((subject) => ended(5, 'a replay after its refusal', subject, subject.refuse)),
  ...SUBJECTS.map(died),
  ...WITH_A_BODY.map(reused),
  ...WITH_A_BODY.map(reusedInFlight),
  ...SUBJECTS.map(keyless),
  ...SUBJECTS.map(oddKeys),
  ...SUBJECTS.map(otherTenant),
  otherRoute(ORDER, CANCEL),
  otherRoute(CANCEL, ORDER),
  otherRoute(REFUND, ORDER),
];
