/**
 * `npm run bench:reconcile`: runs of the reconciler over 100,000 payments that are in both books and that
 * neither has compared yet, one in a hundred with other money at the gateway, until all are compared; and
 * runs after that. On a PostgreSQL of its own, with a gateway in memory that answers at once: what is
 * measured is our part.
 */
import { performance } from 'node:perf_hooks';
import { reconciling, RUN_LIMITS } from '../src/activities/reconcile.ts';
import type { GatewayLedger, LedgerEvent } from '../src/activities/reconcile-ports.ts';
import { createPool } from '../src/adapters/postgres/pool.ts';
import { createReconcileBook } from '../src/adapters/postgres/reconcile-book.ts';
import { withClient } from '../src/launcher/postgres.ts';
import { runReconcile } from '../src/workflows/reconcile.ts';
import { fillPayments } from '../test/support/many-payments.ts';
import { startServices } from '../test/support/run.ts';
import type { Services } from '../test/support/services.ts';
import { recordStatements } from '../test/support/statements.ts';

const PAYMENTS = 100_000;
const EVERY = 100;
const PER_PAGE = 100;
const CONNECTIONS = 10;
const QUIET_RUNS = 5;

const services = startServices();
try {
  const { url, template } = (await services.get('postgres')) as Services['postgres'];
  await withClient(url, (client) => client.query(`CREATE DATABASE books TEMPLATE ${template}`));
  const own = new URL(url);
  own.pathname = 'books';
  await withClient(own.href, (client) =>
    client.query(`INSERT INTO tenant (id, name) VALUES ('ten_test', 'bench');
      UPDATE reconciler_place SET place = 'evt_0' WHERE reader = 'gateway events'`),
  );
  await fillPayments(own.href, PAYMENTS);
  await withClient(own.href, (client) => client.query('ANALYZE'));
  await measure(own.href);
} finally {
  await services.stop();
}

async function measure(url: string): Promise<void> {
  const pool = createPool({ url, size: CONNECTIONS, applicationName: 'bench' });
  const statements = recordStatements(pool, []);
  const asked = { requests: 0 };
  let found = 0;
  const act = reconciling({
    ledger: gateway(asked),
    book: createReconcileBook(pool),
    limits: { ...RUN_LIMITS, toleranceMs: 5_000, lapseMs: Infinity },
    onFound: () => (found += 1),
    onFailed: (id, error) => console.error(id, error),
  });
  const ref = { id: 'bench', tenantId: 'all', requestId: 'bench' };
  const run = async () => {
    const before = { statements: statements.length, requests: asked.requests };
    const began = performance.now();
    const { events, checked } = await runReconcile(act, ref, () => Promise.resolve());
    return {
      seconds: (performance.now() - began) / 1_000,
      statements: statements.length - before.statements,
      requests: asked.requests - before.requests,
      events,
      checked,
    };
  };
  type Run = Awaited<ReturnType<typeof run>>;
  const runs: Run[] = [];
  const quiet: Run[] = [];
  while ((await compared(pool)) < PAYMENTS) {
    runs.push(await run());
    if (runs.length % 10 === 0)
      console.log(`${runs.length} runs, ${await compared(pool)} compared`);
  }
  for (let n = 0; n < QUIET_RUNS; n += 1) quiet.push(await run());
  console.log(`${runs.length} runs until all are compared, ${found} differences found`);
  for (const [what, some] of [
    ['until then', runs],
    ['after that', quiet],
  ] as const) {
    console.log(what);
    for (const key of ['seconds', 'statements', 'requests', 'events', 'checked'] as const) {
      const values = some.map((one) => one[key]).sort((one, other) => one - other);
      const shown = [values[0], values[values.length >> 1], values.at(-1)];
      console.log(`  ${key}: ${shown.map((value) => value?.toFixed(2)).join(' / ')}`);
    }
  }
  const { maxRSS } = process.resourceUsage();
  console.log(`memory at most: ${(maxRSS / 1_024).toFixed(0)} MiB`);
  await pool.end();
}

/** Looked at, or said by an event to be what our book says too. */
async function compared(pool: ReturnType<typeof createPool>): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM payment_check
     WHERE agreed IS NOT NULL OR checked_at IS NOT NULL`,
  );
  return rows[0]?.count ?? 0;
}

/** Its events are a minute and more old, oldest first; it holds what our book says, save of one in so many. */
function gateway(asked: { requests: number }): GatewayLedger {
  const at = new Date(Date.now() - 3_600_000);
  const captured = (n: number) => (n % EVERY === 0 ? '900' : '1000');
  const event = (n: number): LedgerEvent => ({
    id: `evt_${n}`,
    at,
    intent: {
      id: `pi_n${n}`,
      orderId: `ord_n${n}`,
      installation: undefined,
      held: '0',
      captured: captured(n),
      isOver: true,
    },
  });
  const page = (from: number) => {
    asked.requests += 1;
    const length = Math.max(0, Math.min(PER_PAGE, PAYMENTS - from + 1));
    const events = Array.from({ length }, (_, n) => event(from + n));
    return Promise.resolve({ events, hasMore: from + length <= PAYMENTS });
  };
  return {
    eventsAfter: (id) => page(Number(id.slice('evt_'.length)) + 1),
    eventsBefore: () => page(1),
    look(id) {
      asked.requests += 1;
      const n = Number(id.slice('pi_n'.length));
      return Promise.resolve({
        ...{ id, status: 'succeeded', currency: 'EUR', heldMinor: 0n, refundedMinor: 0n },
        capturedMinor: BigInt(captured(n)),
        ...{ isDisputed: false, hasLapsed: false, refunds: [], createdAt: at },
        ...{ orderId: `ord_n${n}`, installation: undefined },
      });
    },
  };
}
