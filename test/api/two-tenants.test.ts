/**
 * Two tenants, every route and every kind of ID: what one names of the other is answered as if there
 * were no such thing, nothing of the other is in the answer, and nothing of it is changed. What can
 * be named is taken from the OpenAPI document, so a new route or parameter without a line here fails.
 */
import assert from 'node:assert/strict';
import { newKey } from './harness.ts';
import type { Holder, Ids, Line } from '../support/matrix-line.ts';
import { OPERATIONS } from '../support/named.ts';
import { createMatrix, linesFor } from '../support/tenant-matrix.ts';
import type { Matrix } from '../support/tenant-matrix.ts';

// What names nothing that a tenant has, though it may say much.
const NO_IDS = [
  ...['X-Request-Id', 'Prefer', 'limit', 'wait', 'status', 'createdAfter', 'createdBefore'],
  ...[
    'needsOperator',
    'lines',
    'quantity',
    'customer',
    'email',
    'name',
    'shippingAddress',
    'line1',
  ],
  ...['line2', 'city', 'postalCode', 'country', 'metadata', 'expectedAmount', 'value'],
  ...['currency', 'amount', 'restock'],
  ...['url', 'description', 'eventTypes', 'enabled', 'overlapSeconds', 'since'],
  // The gateway's token: it is handed on, and nothing is looked up by it.
  'paymentMethod',
  'returnUrl',
];

describe('One tenant, by the name of what is another’s,', () => {
  let matrix: Matrix;
  before(async () => (matrix = await createMatrix()));
  after(() => matrix.close());

  /** All rows there are, and all that was asked of Temporal. */
  async function everything(): Promise<string[]> {
    const { rows: tables } = await matrix.pool.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    const dumps = tables.map(
      ({ name }) => `SELECT '${name} ' || to_jsonb(t)::text AS row FROM "${name}" t`,
    );
    const { rows } = await matrix.pool.query<{ row: string }>(dumps.join(' UNION ALL '));
    const { started, refunds, cancelled } = matrix.sagas;
    const calls = [...started, ...refunds, ...cancelled].map((call) => JSON.stringify(call));
    return [...rows.map(({ row }) => row), ...calls].sort();
  }

  /** Every ID that is the tenant's own. */
  async function idsOf({ id, sku }: Holder): Promise<string[]> {
    const { rows } = await matrix.pool.query<{ id: string }>(
      `WITH own AS (SELECT id FROM "order" WHERE tenant_id = $1)
       SELECT id FROM own UNION SELECT r.id FROM refund r JOIN own ON r.order_id = own.id
       UNION SELECT e.id FROM order_event e JOIN own ON e.order_id = own.id
       UNION SELECT id FROM webhook_endpoint WHERE tenant_id = $1
       UNION SELECT event_id FROM webhook_delivery WHERE tenant_id = $1`,
      [id],
    );
    return [id, sku, ...rows.map((row) => row.id)];
  }

  async function ask(line: Line, asker: Holder, ids: Ids) {
    const [path, init] = requestOf(line, asker, ids);
    const answer = await matrix.app.request(path, init);
    const text = await answer.text();
    const requestId = answer.headers.get('x-request-id') ?? '';
    const changing = /^(x-request-id|ratelimit|idempotency-key)$/;
    const headers = [...answer.headers].filter(([name]) => !changing.test(name));
    return {
      status: answer.status,
      raw: `${text} ${JSON.stringify(headers)}`,
      shape: { status: answer.status, headers: shapeOf(headers), text: shapeOf(text, requestId) },
    };
  }

  /** What is the other's is answered as what is nobody's, and left alone. */
  async function judge(line: Line, [asker, victim]: Pair, foreign: Ids, nobodys: Ids, how: string) {
    const ids = await idsOf(victim);
    const before = await everything();
    const answer = await ask(line, asker, foreign);
    const after = await everything();
    const isGranted = line.operation.startsWith('POST') && answer.status < 300;
    const kept = (rows: string[]) =>
      isGranted ? rows.filter((row) => ids.some((id) => row.includes(id))) : rows;
    assert.deepEqual(kept(after), kept(before), `${how}: nothing is written`);
    const read = ids.filter((id) => answer.raw.includes(id));
    assert.deepEqual(read, [], `${how}: nothing is read`);
    assert.deepEqual(answer.shape, (await ask(line, asker, nobodys)).shape, how);
  }

  for (const operation of OPERATIONS.keys()) {
    it(`reads and writes nothing: ${operation}`, async () => {
      const [acme, globex] = matrix.holders;
      for (const pair of [
        [globex, acme],
        [acme, globex],
      ] as const) {
        for (const line of linesFor(operation, matrix)) {
          const [asker, victim] = pair;
          const theirs = await line.own(victim);
          const { status, raw } = await ask(line, victim, theirs);
          assert.ok(status < 400, `its own tenant is granted it: ${raw}`);
          const nobodys = Object.fromEntries(
            Object.entries(theirs).map(([name, value]) => [name, nobodysOf(name, value)]),
          );
          const says = line.says ?? '';
          await judge(line, pair, theirs, nobodys, `the same request ${says}`);
          for (const [name, value] of Object.entries(theirs)) {
            const [own, again] = [await line.own(asker), await line.own(asker)];
            const foreign = { ...own, [name]: value };
            const unknown = { ...again, [name]: nobodysOf(name, value) };
            await judge(line, pair, foreign, unknown, `${name} ${says}`);
          }
        }
      }
    });
  }

  it('is asked of all that a request can name', async () => {
    const { holders } = matrix;
    for (const [operation, named] of OPERATIONS) {
      const lines = linesFor(operation, matrix);
      assert.ok(lines.length > 0, `${operation} has no line`);
      const owned = await Promise.all(lines.map(({ own }) => own(holders[0])));
      const asked = owned.flatMap((ids) => Object.keys(ids));
      const ids = named.map(({ name }) => name).filter((name) => !NO_IDS.includes(name));
      assert.deepEqual([...new Set(asked)].sort(), ids.sort(), operation);
    }
    const known = [...OPERATIONS.values()].flat().map(({ name }) => name);
    assert.deepEqual(
      NO_IDS.filter((name) => !known.includes(name)),
      [],
    );
  });
});

type Pair = readonly [asker: Holder, victim: Holder];

function requestOf({ operation, body, headers = {} }: Line, { key }: Holder, ids: Ids) {
  const [method = '', template = ''] = operation.split(' ');
  const of = (where: string) =>
    (OPERATIONS.get(operation) ?? [])
      .filter((one) => one.in === where && ids[one.name] !== undefined)
      .map(({ name }) => [name, ids[name] ?? ''] as const);
  const path = of('path').reduce((text, [name, id]) => text.replace(`{${name}}`, id), template);
  const query = new URLSearchParams(Object.fromEntries(of('query'))).toString();
  const init = {
    method,
    headers: {
      Authorization: `Bearer ${key}`,
      ...(body && { 'Content-Type': 'application/json' }),
      ...headers,
      ...Object.fromEntries(of('header')),
    },
    ...(body && { body: JSON.stringify(body(ids)) }),
  };
  return [query === '' ? path : `${path}?${query}`, init] as const;
}

/** Of the same form, and of the same place among others where it is one; but nobody has it. */
function nobodysOf(name: string, value: string): string {
  if (name === 'Idempotency-Key') return newKey();
  if (name !== 'cursor') return nameless(value);
  return Buffer.from(nameless(Buffer.from(value, 'base64url').toString())).toString('base64url');
}

function nameless(text: string): string {
  return text
    .replace(/(ord|rfd|shp|evt|whe)_[0-9a-z]{26}/, '$1_01jd7m8z3fe4x8q2v5t6y7h9kb')
    .replace(/^ONLY-.*/, '$&-')
    .replace(/^"\w+"$/, '"0"');
}

/** Without what is another for each request and each order. */
function shapeOf(of: unknown, requestId = 'none'): string {
  return JSON.stringify(of)
    .replaceAll(requestId, 'req')
    .replaceAll(/(ord|rfd|shp|evt|whe)_[0-9a-z]{26,32}/g, '$1')
    .replaceAll(/whsec_[\w+/=]+/g, 'whsec')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time');
}
