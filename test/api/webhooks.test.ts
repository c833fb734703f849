import assert from 'node:assert/strict';
import pg from 'pg';
import { createArchiver } from '../../src/api/archiver.ts';
import { startReceiver } from '../support/receiver.ts';
import { recordStatements } from '../support/statements.ts';
import { createWebhookScene, ENDPOINTS, owe } from '../support/webhook-scene.ts';
import type { EndpointBody, WebhookScene } from '../support/webhook-scene.ts';
import { eventually } from './harness.ts';
import type { ProblemBody } from './harness.ts';

const HOOKS = 'https://shop.example/hooks';

describe('A webhook endpoint', () => {
  let scene: WebhookScene;
  before(async () => (scene = await createWebhookScene()));
  after(() => scene.close());
  afterEach(() => scene.pool.query('UPDATE webhook_endpoint SET deleted_at = now()'));

  const change = ({ links }: EndpointBody, to: object) =>
    scene.granted<EndpointBody>(scene.acme, 'PATCH', links.self, to);
  const rows = async (text: string, values: unknown[] = []) =>
    (await scene.pool.query<Record<string, unknown>>(text, values)).rows;

  it('tells its secret when it is created and when it is rotated, and never again', async () => {
    const created = await scene.endpoint(HOOKS);
    assert.match(created.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    const rotated = await scene.granted<EndpointBody>(
      scene.acme,
      'POST',
      `${created.links.self}/rotate-secret`,
      {},
    );
    assert.notEqual(rotated.secret, created.secret);
    for (const path of [ENDPOINTS, created.links.self]) {
      const text = await (await scene.ask(scene.acme, 'GET', path)).text();
      assert.doesNotMatch(text, /whsec_/);
    }
    const kept = await rows(
      `SELECT encode(secret, 'escape') || encode(previous_secret, 'escape') AS text
       FROM webhook_endpoint WHERE id = $1`,
      [created.id],
    );
    assert.doesNotMatch(String(kept[0]?.['text']), /whsec_/, 'nor do the books');
    for (const { secret } of [created, rotated]) {
      assert.ok(!JSON.stringify(scene.lines).includes(secret), 'nor does the log');
    }
  });

  it('is changed member by member: what is left out stays, what is null goes', async () => {
    const types = ['order.paid', 'refund.succeeded'];
    const created = await scene.endpoint(HOOKS, { description: 'the till', eventTypes: types });
    const moved = await change(created, { url: `${HOOKS}/2` });
    assert.deepEqual(
      [moved.url, moved.description, moved.eventTypes],
      [`${HOOKS}/2`, 'the till', types],
    );
    const bare = await change(created, { description: null, eventTypes: null });
    assert.deepEqual(
      [bare.url, bare.description, bare.eventTypes],
      [`${HOOKS}/2`, undefined, undefined],
    );
    assert.deepEqual((await change(created, { eventTypes: types })).eventTypes, types);
    assert.deepEqual((await change(created, {})).eventTypes, types);
  });

  it('is disabled and enabled, as often as it is said', async () => {
    const created = await scene.endpoint(HOOKS);
    for (let times = 0; times < 2; times += 1) {
      const { status, disabledReason } = await change(created, { enabled: false });
      assert.deepEqual([status, disabledReason], ['disabled', 'asked']);
    }
    await scene.pool.query(
      'UPDATE webhook_endpoint SET failures = 9, failing_since = now(), held_until = now()',
    );
    const { status, disabledReason, failingSince } = await change(created, { enabled: true });
    assert.deepEqual(
      [status, disabledReason, failingSince],
      ['enabled', undefined, undefined],
      'and begins anew',
    );
  });

  for (const [what, body, field] of [
    ['no URL', {}, 'url'],
    ['a URL that is none', { url: 'hooks' }, 'url'],
    ['another protocol', { url: 'ftp://shop.example/' }, 'url'],
    ['credentials in its URL', { url: 'https://a:b@shop.example/' }, 'url'],
    ['too long a URL', { url: `${HOOKS}?${'a'.repeat(2_000)}` }, 'url'],
    ['a type that is none', { url: HOOKS, eventTypes: ['order.done'] }, 'eventTypes[0]'],
    ['a type twice', { url: HOOKS, eventTypes: ['order.paid', 'order.paid'] }, 'eventTypes'],
    ['no type', { url: HOOKS, eventTypes: [] }, 'eventTypes'],
    ['control characters', { url: HOOKS, description: 'a\u0007' }, 'description'],
    ['a secret of its own', { url: HOOKS, secret: 'whsec_aaaa' }, 'secret'],
  ] as const) {
    it(`is not created with ${what}`, async () => {
      const answer = await scene.ask(scene.acme, 'POST', ENDPOINTS, body);
      assert.equal(answer.status, 400);
      const { errors = [] } = (await answer.json()) as ProblemBody;
      assert.equal(errors[0]?.field, field);
    });
  }

  it('that is deleted is gone with its log, and no event is written for it', async () => {
    const created = await scene.endpoint(HOOKS);
    await scene.place();
    await scene.ask(scene.acme, 'DELETE', created.links.self);
    for (const path of [created.links.self, created.links.deliveries]) {
      assert.equal((await scene.ask(scene.acme, 'GET', path)).status, 404);
    }
    await scene.place();
    const of = 'FROM webhook_delivery WHERE endpoint_id = $1';
    assert.equal((await rows(`SELECT ${of}`, [created.id])).length, 1);
    const [{ url = 'none', secret = 'none' } = {}] = await rows(
      `SELECT url, encode(secret, 'hex') AS secret FROM webhook_endpoint WHERE id = $1`,
      [created.id],
    );
    assert.deepEqual([url, secret], ['', '']);
    await scene.queue.sweep(30, 500);
    assert.equal((await rows(`SELECT ${of}`, [created.id])).length, 0);
    const own = 'FROM webhook_endpoint WHERE id = $1';
    assert.equal((await rows(`SELECT ${own}`, [created.id])).length, 1, 'for a day');
    await scene.pool.query(`UPDATE webhook_endpoint SET deleted_at = now() - interval '25 h'`);
    await scene.queue.sweep(30, 500);
    assert.equal((await rows(`SELECT ${own}`, [created.id])).length, 0);
  });

  it('shows its deliveries in pages, newest first, by status', async () => {
    const created = await scene.endpoint(HOOKS);
    await scene.completed();
    const all = (await scene.log(created)).map(({ eventId }) => eventId);
    assert.deepEqual(all, all.toSorted().reverse());
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const path = `${created.links.deliveries}?limit=4${cursor && `&cursor=${cursor}`}`;
      const page: { data: { eventId: string }[]; nextCursor: string | null } = await scene.granted(
        scene.acme,
        'GET',
        path,
      );
      paged.push(...page.data.map(({ eventId }) => eventId));
      cursor = page.nextCursor;
    }
    assert.deepEqual(paged, all);
    assert.equal((await scene.log(created, '?status=pending')).length, 6);
    assert.equal((await scene.log(created, '?status=failed')).length, 0);
  });

  it('costs an order no round trip, and one that is placed without any not even a row', async () => {
    const statements = recordStatements(scene.tenants, []);
    await scene.place(scene.globex);
    const without = statements.splice(0);
    assert.deepEqual(await rows(`SELECT FROM webhook_delivery WHERE tenant_id = 'ten_globex'`), []);
    await scene.endpoint(HOOKS, {}, scene.globex);
    statements.splice(0);
    await scene.place(scene.globex);
    assert.deepEqual(statements, without);
    const owed = await rows(
      `SELECT type FROM webhook_delivery WHERE tenant_id = 'ten_globex' AND state = 'pending'`,
    );
    assert.deepEqual(owed, [{ type: 'order.accepted' }]);
  });

  it('with ten thousand that wait costs the others nothing: few rows are looked at', async () => {
    const [slow, quick] = [await scene.endpoint(HOOKS), await scene.endpoint(HOOKS)];
    const owed = { tenantId: scene.acme.id };
    await owe(scene.pool, { ...owed, endpointId: slow.id, count: 10_000 });
    await owe(scene.pool, { ...owed, endpointId: quick.id, count: 3 });
    // As many that have failed just now.
    const later = await scene.endpoint(HOOKS);
    await owe(scene.pool, { ...owed, endpointId: later.id, count: 10_000, inSeconds: 3_600 });
    await scene.pool.query('ANALYZE webhook_delivery');
    // On a connection of its own, which has touched nothing else.
    const client = new pg.Client(scene.database.url);
    await client.connect();
    try {
      await client.query('BEGIN');
      const claim = `SELECT jsonb_path_query_array(claim_deliveries($1, 500, 8, '1 min'),
        '$[*].endpointId') AS ids`;
      const { rows: claimed } = await client.query<{ ids: string[] }>(claim, [
        JSON.stringify({ [slow.id]: 8 }),
      ]);
      assert.deepEqual(claimed[0]?.ids, [quick.id, quick.id, quick.id]);
      const { rows: touched } = await client.query<{ whole: number; read: number }>(
        `SELECT seq_scan::integer AS whole, (seq_tup_read + idx_tup_fetch)::integer AS read
         FROM pg_stat_xact_user_tables WHERE relname = 'webhook_delivery'`,
      );
      assert.equal(touched[0]?.whole, 0);
      assert.ok(touched[0].read < 50, `${touched[0].read} rows`);
    } finally {
      await client.end();
    }
  });

  it('has a log that ends at some age, which the archiver sees to', async () => {
    const created = await scene.endpoint(HOOKS);
    await scene.place();
    await scene.pool.query(
      `INSERT INTO webhook_delivery (endpoint_id, event_id, tenant_id, type, state)
       SELECT $1, first_event_id(now() - age) || '7000800000000000000', $2, 'webhook.test', 'failed'
       FROM unnest(ARRAY[interval '29 d', '31 d', '90 d']) age`,
      [created.id, scene.acme.id],
    );
    const archiver = createArchiver({
      archive: { archive: () => Promise.resolve(0) },
      log: scene.logger,
      olderThanDays: 90,
      webhooks: { queue: scene.queue, logDays: 30 },
      everyMs: 5,
    });
    await eventually(async () => (await scene.log(created)).length === 2);
    await archiver.stop();
    assert.equal((await scene.log(created)).length, 2);
  });

  it('forgets what a receiver said of a customer who is erased, and tells no more of them', async () => {
    const receiver = await startReceiver((_, answer) => answer.writeHead(500).end('for Ada'));
    const created = await scene.endpoint(receiver.url);
    const { id } = await scene.place();
    await scene.pool.query(`UPDATE "order" SET metadata = '{"to": "Ada"}' WHERE id = $1`, [id]);
    const messenger = scene.messenger({ scheduleSeconds: [3_600] });
    const answers = async () =>
      (await scene.log(created)).flatMap(({ attempts }) => attempts.map(({ answer }) => answer));
    await eventually(async () => (await answers()).length === 1);
    assert.deepEqual(await answers(), ['for Ada']);
    await scene.book.beginUnwind(id, 'out-of-stock');
    await scene.book.closeOrder(id);
    await scene.pool.query(
      `UPDATE mail_outbox SET sent_at = now(), created_at = now() - interval '2 days'`,
    );
    const [erased] = await rows(`SELECT erase_order($1, 'op', 'asked') ->> 'state' AS state`, [id]);
    assert.deepEqual(erased, { state: 'erased' });
    assert.ok((await answers()).every((answer) => answer === undefined));
    // Nor what it says from then on.
    const [first] = (await scene.log(created)).slice(-1);
    const { length } = await answers();
    await scene.granted(scene.acme, 'POST', `${first?.links.self ?? ''}/resend`);
    await eventually(async () => (await answers()).length > length);
    await messenger.stop();
    assert.ok((await answers()).every((answer) => answer === undefined));
    assert.ok(!receiver.received.at(-1)?.body.includes('Ada'));
    await receiver.close();
  });
});
