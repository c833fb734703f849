/** For each row of "Answers to POST /v1/orders" the rule that it is about. */
import type { Mutant } from './mutant.ts';

/** Noticed by the tests of that row, or one of them, whatever else notices it. */
const row = (n: number, mutant: Omit<Mutant, 'caughtBy'>, on = ''): Mutant => ({
  ...mutant,
  name: `Row ${n}: ${mutant.name}`,
  caughtBy: { mocha: 'test/api/answers.test.ts', grep: `row ${n}, ${on}` },
});

// The part of row 2 that waits in vain.
const FOR_LONG = 'order, cancel, refund';

const CLAIMS = 'migrations/0011_archive_and_erasure.sql';
const VOUCHERS = 'migrations/0026_vouchers.sql';

export const ROWS: readonly Mutant[] = [
  row(1, {
    name: 'the run of a new order is left to the starter',
    file: 'src/api/orders.ts',
    find: "if (answer.state === 'placed' || !answer.started) sagaCalls.start",
    replace: "if (answer.state === 'replayed' && !answer.started) sagaCalls.start",
  }),
  row(1, {
    name: 'a refund is answered without a place to read it',
    file: 'src/api/refunds.ts',
    find: "    c.header('Location', refundPath(ref));\n",
    replace: '',
  }),
  row(
    2,
    {
      name: 'an equal order in flight elsewhere is waited for, and then it is an outage',
      file: 'src/adapters/postgres/order-store.ts',
      find: "    if (isBusy) return { state: 'busy' };\n",
      replace: '',
    },
    FOR_LONG,
  ),
  row(
    2,
    {
      name: 'an equal cancel or refund in flight elsewhere goes unnoticed',
      file: CLAIMS,
      find: 'EXCEPTION WHEN lock_not_available THEN\n  RETURN true;',
      replace: 'EXCEPTION WHEN lock_not_available THEN\n  RETURN false;',
    },
    FOR_LONG,
  ),
  row(
    2,
    {
      name: 'an equal request in flight elsewhere is waited for without end',
      file: 'src/adapters/postgres/pool.ts',
      find: 'lock_timeout: 2_000',
      replace: 'lock_timeout: 0',
    },
    FOR_LONG,
  ),
  row(3, {
    name: 'a replay does not say that it is one',
    file: 'src/api/orders.ts',
    find: "    else c.header('Idempotent-Replayed', 'true');\n",
    replace: '',
  }),
  row(3, {
    name: 'a replay tells the time of its own answer',
    file: 'src/api/representations.ts',
    find: '  return { id, createdAt, amount: { value: amountMinor, currency }, links: orderLinks(id) };',
    replace:
      '  return { id, createdAt: createdAt && new Date().toISOString(), amount: { value: amountMinor, currency }, links: orderLinks(id) };',
  }),
  row(4, {
    name: 'the key of a completed order is forgotten',
    file: CLAIMS,
    find: `  FROM idempotency_claim c JOIN "order" o ON o.id = c.order_id
  WHERE c.tenant_id = p_tenant AND`,
    replace: `  FROM idempotency_claim c JOIN "order" o ON o.id = c.order_id
  WHERE o.status <> 'completed' AND c.tenant_id = p_tenant AND`,
  }),
  row(5, {
    name: 'the key of a failed refund is forgotten',
    file: CLAIMS,
    find: `  FROM idempotency_claim c JOIN refund r ON r.id = c.refund_id JOIN "order" o ON o.id = r.order_id
  WHERE c.tenant_id = p_tenant AND`,
    replace: `  FROM idempotency_claim c JOIN refund r ON r.id = c.refund_id JOIN "order" o ON o.id = r.order_id
  WHERE r.state <> 'failed' AND c.tenant_id = p_tenant AND`,
  }),
  row(6, {
    name: 'a replay leaves a run that was never started to others',
    file: 'src/api/orders.ts',
    find: "if (answer.state === 'placed' || !answer.started) sagaCalls.start",
    replace: "if (answer.state === 'placed') sagaCalls.start",
  }),
  row(7, {
    name: 'a key fits any body',
    file: 'src/api/idempotency.ts',
    find: "sha256([API_VERSION, route, canonicalJson(sent)].join('\\n'))",
    replace: "sha256([API_VERSION, route].join('\\n'))",
  }),
  row(8, {
    name: 'a request without a key gets one from us',
    file: 'src/api/idempotency.ts',
    find: 'const key = c.var.idempotencyKey;',
    replace: 'const key = c.var.idempotencyKey ?? c.var.requestId + Math.random();',
  }),
  row(9, {
    name: 'a key may be as long as it likes',
    file: 'src/api/idempotency.ts',
    find: '{1,255}$/',
    replace: '{1,}$/',
  }),
  row(9, {
    name: 'two keys are one, with a comma between',
    file: 'src/api/idempotency.ts',
    find: " && timesSent(c, 'idempotency-key') <= 1",
    replace: '',
  }),
  row(10, {
    name: 'tenants share their keys',
    file: 'migrations/0001_books.sql',
    find: 'PRIMARY KEY (tenant_id, route, key_hash)',
    replace: 'PRIMARY KEY (route, key_hash)',
  }),
  row(11, {
    name: 'a cancel shares its keys with the orders',
    file: 'src/api/orders.ts',
    find: 'claimOf(c, `POST ${orderPath(id)}/cancel`, null)',
    replace: "claimOf(c, 'POST /v1/orders', null)",
  }),
  row(12, {
    name: 'an old key is answered in full',
    file: CLAIMS,
    find: "    WHEN c.archived_at IS NOT NULL THEN jsonb_build_object('state', 'archived', 'id', c.order_id)\n",
    replace: '',
  }),
  row(12, {
    name: 'what is still under way is archived',
    file: CLAIMS,
    find: "\n      AND has_ended(o.status) AND (r.id IS NULL OR r.state <> 'requested')",
    replace: '',
  }),
  row(13, {
    name: 'the key of an erased order is answered like any other',
    file: CLAIMS,
    find: `    WHEN o.erased_at IS NOT NULL THEN jsonb_build_object('state', 'erased')
    WHEN c.archived_at IS NOT NULL THEN jsonb_build_object('state', 'archived', 'id', c.order_id)`,
    replace:
      "    WHEN c.archived_at IS NOT NULL THEN jsonb_build_object('state', 'archived', 'id', c.order_id)",
  }),
  row(14, {
    name: 'a body may be of any type',
    file: 'src/api/body.ts',
    find: "if (!JSON_TYPE.test(c.req.header('content-type') ?? '')) {",
    replace: 'if (JSON_TYPE.test(String())) {',
  }),
  row(14, {
    name: 'a body may be ten times as large',
    file: 'src/api/body.ts',
    find: 'const MAX_BYTES = 64 * 1024;',
    replace: 'const MAX_BYTES = 640 * 1024;',
  }),
  row(14, {
    name: 'the body of a cancel is not looked at',
    file: 'src/api/body.ts',
    find: "  if (text !== '') throw invalid(",
    replace: "  if (text === '{}') throw invalid(",
  }),
  row(15, {
    name: 'a scope is declared, and not asked for',
    file: 'src/api/guard.ts',
    find: '    if (!principal.scopes.includes(scope)) throw lacking(scope);\n',
    replace: '',
  }),
  row(16, {
    name: 'a quota is counted, and not kept',
    file: 'src/api/guard.ts',
    find: '    refuseSpent(quota);\n',
    replace: '',
  }),
  row(17, {
    name: 'a lost connection is a bug like any other',
    file: 'src/adapters/postgres/pool.ts',
    find: '    if (!isPassing(error)) throw error;',
    replace: '    if (isPassing(error)) throw error;',
  }),
  row(17, {
    name: 'what became of a lost commit is not asked',
    file: 'src/adapters/postgres/pool.ts',
    find: 'const PAUSES_MS = [0, 100, 400];',
    replace: 'const PAUSES_MS: number[] = [];',
  }),
  row(18, {
    name: 'a run that Temporal did not take counts as started',
    file: CLAIMS,
    find: "      'started', o.run_started_at IS NOT NULL)",
    replace: "      'started', true)",
  }),
  row(19, {
    name: 'who hangs up takes the run along',
    file: 'src/api/orders.ts',
    find: "    if (answer.state === 'placed' || !answer.started) sagaCalls.start",
    replace:
      "    if (!c.req.raw.signal.aborted && (answer.state === 'placed' || !answer.started)) sagaCalls.start",
  }),
  row(20, {
    name: 'the answer about an order that is not there repeats its ID',
    file: 'src/api/orders.ts',
    find: `    const found = await store.find(c.var.principal.tenantId, id);
    if (found === undefined) throw new Problem('not-found');`,
    replace: `    const found = await store.find(c.var.principal.tenantId, id);
    if (found === undefined) throw new Problem('not-found', { detail: id });`,
  }),
  row(20, {
    name: 'an order that is not there is an order in progress, to who would refund it',
    file: CLAIMS,
    find: `  IF NOT FOUND THEN
    RETURN jsonb_build_object('state', 'unknown');
  END IF;
  answer := answer_refund_claim`,
    replace: `  IF NOT FOUND THEN
    RETURN jsonb_build_object('state', 'in-progress');
  END IF;
  answer := answer_refund_claim`,
  }),
  row(21, {
    name: 'more is refunded than was captured',
    file: VOUCHERS,
    find: 'WHEN wanted > rest OR rest = 0',
    replace: 'WHEN rest = 0',
  }),
  row(21, {
    name: 'an order is cancelled while its payment is captured',
    file: CLAIMS,
    find: "IF o.gate IN ('committing', 'committed') THEN",
    replace: "IF o.gate IN ('committing') THEN",
  }),
  row(22, {
    name: 'what is sold out is taken',
    file: VOUCHERS,
    find: 'WHEN sold_out IS NOT NULL THEN',
    replace: 'WHEN false THEN',
  }),
];
