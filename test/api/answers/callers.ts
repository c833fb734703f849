/** Rows 15, 16 and 20: who may not ask, who asked too often, and who asks for what is not theirs. */
import assert from 'node:assert/strict';
import { addKey, PLENTY } from '../harness.ts';
import { granted, requireFree } from './keys.ts';
import { refused } from './row.ts';
import type { Ask, Expected, Row } from './row.ts';
import { get, orderIn, post, selfOf, SUBJECTS, withHeaders } from './subjects.ts';
import type { Subject } from './subjects.ts';
import { send } from './wire.ts';

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

// Until the minute is over.
const SPENT = { 'retry-after': /^([1-9]|[1-5]\d|60)$/, ratelimit: /^"default";r=0;t=\d+$/ };

const quotaSpent = (subject: Subject, isReplay: boolean): Row => ({
  row: 16,
  on: subject.name,
  says: `too many requests${isReplay ? ', on a replay' : ''}`,
  async begin(scene) {
    const sent = isReplay ? (await granted(scene, subject))[0] : await subject.request(scene);
    await scene.restart(1);
    return {
      async beforeAsking() {
        const { status } = await send(scene.url(), withHeaders(sent, { 'Idempotency-Key': '' }));
        assert.equal(status, 400, 'the quota is enough for one, whatever it asks');
      },
      asks: [{ sent, expected: { ...refused(429, 'quota-exceeded', SPENT), isUnread: true } }],
      async afterwards() {
        await scene.restart(PLENTY.perMinute);
        if (!isReplay) await requireFree(scene, sent);
      },
    };
  },
});

const UNKNOWN = 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb';
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

export const CALLERS: readonly Row[] = [
  ...SUBJECTS.map((subject) => strangers(subject, false)),
  ...SUBJECTS.map((subject) => strangers(subject, true)),
  ...SUBJECTS.map((subject) => quotaSpent(subject, false)),
  ...SUBJECTS.map((subject) => quotaSpent(subject, true)),
  notTheirs,
];
