/** Rows 12 and 13: what has grown old, and whose customer was erased. */
import assert from 'node:assert/strict';
import { createClaimArchive } from '../../../src/adapters/postgres/claim-archive.ts';
import { granted } from './keys.ts';
import { accepted, refused, replayOf } from './row.ts';
import type { Row } from './row.ts';
import type { Scene } from './scene.ts';
import { get, orderIn, post, selfOf, SUBJECTS, WITH_A_BODY } from './subjects.ts';
import type { Subject } from './subjects.ts';
import { bodyOf, send } from './wire.ts';
import type { Seen } from './wire.ts';

const DAYS = 90;

/** As if all claims had been made so long ago, and the sweep had passed. */
async function growOld({ pool }: Scene): Promise<void> {
  const older = `UPDATE idempotency_claim SET created_at = created_at - interval '91 days'
    WHERE archived_at IS NULL`;
  await pool.query(older);
  const archive = createClaimArchive(pool);
  while ((await archive.archive(DAYS, 500)) > 0);
}

const archived = (subject: Subject): Row => ({
  row: 12,
  on: subject.name,
  says: 'a replay after 90 days',
  async begin(scene) {
    const [sent, answer] = await granted(scene, subject);
    await subject.succeed(scene, answer);
    await growOld(scene);
    const { id, links } = bodyOf(answer);
    const bytes = Buffer.from(JSON.stringify({ id, links, archived: true }));
    return {
      asks: [{ sent, expected: { ...accepted(sent), status: 200, replays: 'all', bytes } }],
    };
  },
});

const oldAndUnderWay = (subject: Subject): Row => ({
  row: 12,
  on: subject.name,
  says: 'a replay after 90 days of what is still under way is row 3',
  async begin(scene) {
    const [sent, answer] = await granted(scene, subject);
    await growOld(scene);
    return { asks: [replayOf(sent, answer)] };
  },
});

const oldAndReused = (subject: Subject): Row => ({
  row: 12,
  on: subject.name,
  says: 'another body after 90 days is row 7',
  async begin(scene) {
    const [sent, answer] = await granted(scene, subject);
    await subject.succeed(scene, answer);
    await growOld(scene);
    const other = subject.other?.(sent) ?? assert.fail();
    return { asks: [{ sent: other, expected: refused(422, 'idempotency-key-reused') }] };
  },
});

/** By the operators' desk, once the last mail is out. */
async function erase({ desk, pool }: Scene, answer: Seen): Promise<void> {
  const id = orderIn(answer);
  await pool.query('UPDATE mail_outbox SET sent_at = now() WHERE order_id = $1', [id]);
  const { state } = await desk.erase(id, { operator: 'ann', why: 'was asked to' });
  assert.equal(state, 'erased');
}

const erased = (subject: Subject, says: string, isOld: boolean): Row => ({
  row: 13,
  on: subject.name,
  says,
  async begin(scene) {
    const [sent, answer] = await granted(scene, subject);
    await subject.succeed(scene, answer);
    if (isOld) await growOld(scene);
    await erase(scene, answer);
    return {
      asks: [{ sent, expected: refused(410, 'order-erased') }],
      async afterwards() {
        const { status } = await send(scene.url(), get(selfOf(answer), scene.acme));
        assert.equal(status, 200, 'what was paid can still be read');
      },
    };
  },
});

const askedWhenErased = (path: 'cancel' | 'refunds'): Row => ({
  row: 13,
  on: path === 'cancel' ? 'cancel' : 'refund',
  says: 'a new key, on an erased order',
  async begin(scene) {
    const [, answer] = await granted(scene, SUBJECTS[0]);
    await SUBJECTS[0].succeed(scene, answer);
    await erase(scene, answer);
    const body = path === 'cancel' ? undefined : {};
    const sent = post(`/v1/orders/${orderIn(answer)}/${path}`, scene.acme, body);
    return { asks: [{ sent, expected: refused(410, 'order-erased') }] };
  },
});

export const AGES: readonly Row[] = [
  ...SUBJECTS.map(archived),
  ...SUBJECTS.map(oldAndUnderWay),
  ...WITH_A_BODY.map(oldAndReused),
  ...SUBJECTS.map((subject) => erased(subject, 'the key of an erased order', false)),
  ...SUBJECTS.map((subject) => erased(subject, 'the key of an erased order, after 90 days', true)),
  askedWhenErased('cancel'),
  askedWhenErased('refunds'),
];
