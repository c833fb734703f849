/** Very many orders whose payment both books know, generated in PostgreSQL: ord_n1 has paid with pi_n1. */
import { withClient } from '../../src/launcher/postgres.ts';
import { TENANT } from './shop.ts';

/** All completed an hour ago, each with the six entries that a smooth order leaves. */
export async function fillPayments(url: string, count: number): Promise<void> {
  const numbers = `generate_series(1, $1::integer) n`;
  const ago = `now() - interval '1 hour'`;
  await withClient(url, async (client) => {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO "order" (id, tenant_id, request_id, amount, currency, payment_method, status,
         gate, customer_name, customer_email, shipping_address, run_started_at, updated_at)
       SELECT 'ord_n' || n, $2, 'req', 1000, 'EUR', 'pm', 'completed', 'committed', 'Ada',
         'ada@example.com', '{}', ${ago}, ${ago}
       FROM ${numbers}`,
      [count, TENANT],
    );
    await client.query(
      `INSERT INTO payment (order_id, intent_id, state, authorized, captured)
       SELECT 'ord_n' || n, 'pi_n' || n, 'captured', 1000, 1000 FROM ${numbers}`,
      [count],
    );
    await client.query(
      `INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, authorized, captured,
         occurred_at)
       SELECT 'ord_n' || n, operation, 1, kind, 'pi_n' || n,
         CASE WHEN operation = 'confirm' AND kind = 'answered' THEN 1000 ELSE 0 END,
         CASE WHEN operation = 'capture' AND kind = 'answered' THEN 1000 ELSE 0 END, ${ago}
       FROM ${numbers}, unnest('{create,confirm,capture}'::text[]) AS operation,
         unnest('{requested,answered}'::text[]) AS kind ORDER BY n`,
      [count],
    );
    await client.query('COMMIT');
  });
}
