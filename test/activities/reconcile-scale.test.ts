/** What each statement of a run reads when there are very many payments: what is new, and no table whole. */
import assert from 'node:assert/strict';
import { withClient } from '../../src/launcher/postgres.ts';
import { fillPayments } from '../support/many-payments.ts';
import { createShop } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';

const PAYMENTS = 20_000;
const NEW_ENTRIES = 600;
const DUE = 500;

const TABLES = [
  ...['order', 'payment', 'payment_entry', 'payment_check', 'refund', 'barrier'],
  ...['reconciliation_difference', 'settlement_entry'],
];

describe(`With ${PAYMENTS} payments a run of the reconciler`, () => {
  let shop: Shop;
  before(async () => {
    shop = await createShop();
    await fillPayments(shop.url, PAYMENTS);
    await withClient(shop.url, async (client) => {
      await client.query(`
        INSERT INTO payment_check (intent_id, named_order, due_at, checked_at, agreed)
        SELECT intent_id, order_id, NULL, now(), '0/1000' FROM payment;
        UPDATE payment_check SET due_at = now() WHERE intent_id IN (
          SELECT 'pi_n' || n FROM generate_series(1, ${DUE}) n);
        UPDATE reconciler_place SET place = (SELECT max(id) - ${NEW_ENTRIES} FROM payment_entry)
        WHERE reader = 'payment entries';
        INSERT INTO refund (id, order_id, amount, state, gateway_id, run_started_at)
        SELECT 'rfd_n' || n, 'ord_n' || n, 1, 'succeeded', 're_n' || n, now()
        FROM generate_series(1, ${PAYMENTS}) n;
        INSERT INTO barrier (saga_id, step, direction, result)
        SELECT 'ord_n' || n, 'authorize payment', 'do', '{"ok": {}}'
        FROM generate_series(1, ${PAYMENTS}) n;
        INSERT INTO reconciliation_difference (subject, kind, state, intent_id, remedy, named_order,
          gateways, detail, settled_at)
        SELECT 'stranger pi_s' || n, 'payment-without-order',
          CASE WHEN n > 5 THEN 'settled' ELSE 'settling' END, 'pi_s' || n, 'void', 'ord_s' || n,
          '{"held": "1000", "kept": "0", "currency": "EUR"}', 'n',
          CASE WHEN n > 5 THEN now() END
        FROM generate_series(1, ${PAYMENTS}) n;
        INSERT INTO settlement_entry (difference_id, kind, intent_id, amount)
        SELECT id, 'requested', intent_id, 1000 FROM reconciliation_difference
        WHERE state = 'settled'`);
      await client.query('ANALYZE');
    });
  });
  after(() => shop.close());

  /** Which tables were read from end to end by it, in a transaction that comes to nothing. */
  const scanned = (statement: string, ...values: unknown[]) =>
    withClient(shop.url, async (client) => {
      await client.query('BEGIN');
      const { rows } = await client.query<{ answer: unknown }>(
        `SELECT ${statement} AS answer`,
        values,
      );
      // By this transaction: autovacuum, which summarizes an index by time, scans as well.
      const scans = await client.query<{ name: string }>(
        `SELECT relname AS name FROM pg_stat_xact_user_tables
         WHERE relname = ANY ($1) AND seq_scan > 0`,
        [TABLES],
      );
      await client.query('ROLLBACK');
      return { answer: rows[0]?.answer, tables: scans.rows.map(({ name }) => name) };
    });

  const intents = Array.from({ length: 100 }, (_, n) => ({
    id: n < 90 ? `pi_n${n * 200 + 1}` : `pi_new${n}`,
    at: new Date().toISOString(),
    orderId: `ord_n${n * 200 + 1}`,
    held: '0',
    captured: n % 2 === 0 ? '1000' : '900',
    isOver: true,
  }));
  const refunds = intents.map(({ id, at }, n) => ({
    id: `re_${n}`,
    at,
    intentId: id,
    status: 'succeeded',
  }));

  const statements: [what: string, statement: string, ...values: unknown[]][] = [
    [
      'takes in a page of events',
      `note_events('', 'evt_1', now(), $1, $2, '5 s')`,
      ...[JSON.stringify(intents), JSON.stringify(refunds)],
    ],
    ['takes in its own new entries', `note_entries(NULL, 5000, '5 s', '30 s')`],
    ['lends payments to look at', `lease_checks(50, '120 s')`],
    [
      'puts payments to rest',
      'rest_checks($1)',
      JSON.stringify(
        intents.map(({ id, at }) => ({
          intentId: id,
          lentUntil: at,
          standing: '0/1000',
          again: null,
        })),
      ),
    ],
    [
      'records what it has found',
      `record_check('pi_n7', NULL, now(), our_payment('pi_n7', NULL), $1, NULL, '5 s')`,
      JSON.stringify([{ subject: 'own pi_n7', kind: 'amounts-differ', detail: 'n' }]),
    ],
    ['lists what is to be settled', 'list_settling(20)'],
    [
      'begins to settle',
      `begin_settling((SELECT id FROM reconciliation_difference WHERE state = 'settling'
        ORDER BY found_at LIMIT 1))`,
    ],
  ];
  for (const [what, statement, ...values] of statements) {
    it(`${what} without reading a table from end to end`, async () => {
      const { answer, tables } = await scanned(statement, ...values);
      assert.deepEqual(tables, [], JSON.stringify(answer));
    });
  }

  it('sweeps so many orders at a time, none twice before all were looked at', async () => {
    const swept = await scanned('sweep_books(2000)');
    assert.deepEqual(swept.tables, []);
    const places: string[] = [];
    for (let turn = 0; turn < PAYMENTS / 2_000; turn += 1) {
      await shop.pool.query('SELECT sweep_books(2000)');
      const { rows } = await shop.pool.query<{ place: string }>(
        `SELECT place FROM reconciler_place WHERE reader = 'books'`,
      );
      places.push(rows[0]?.place ?? '');
    }
    assert.equal(new Set(places).size, PAYMENTS / 2_000);
  });
});
