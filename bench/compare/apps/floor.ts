/**
 * The floor: an order as plain PostgreSQL without an engine. Each step leaves a row behind that says
 * it is done, in a transaction of its own; or all five rows in one, which nothing durable can beat.
 * After a crash nobody would go on with what is half done.
 */
import pg from 'pg';
import { serve } from './front.ts';
import { createSteps } from './steps.ts';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] ?? '', max: 20 });
const act = createSteps(process.env);

serve(process.env['BENCH_FLOOR'] === 'one' ? oneTransaction : fiveTransactions);

async function fiveTransactions(id: string): Promise<void> {
  await act.reserveStock(id);
  await done(id, 'reserve stock');
  const intentId = await act.authorizePayment(id);
  await done(id, 'authorize payment');
  await act.capturePayment(id, intentId);
  await done(id, 'capture payment');
  await act.requestShipment(id);
  await done(id, 'request shipment');
  await act.sendReceipt(id);
  await done(id, 'send receipt');
}

async function done(id: string, step: string): Promise<void> {
  // The real steps have written their own rows.
  if (process.env['BENCH_WORK'] === 'checkout') return;
  await pool.query({ name: 'step', text: 'INSERT INTO step VALUES ($1, $2)', values: [id, step] });
}

async function oneTransaction(id: string): Promise<void> {
  const text = `INSERT INTO step SELECT $1, 'step ' || n FROM generate_series(1, 5) AS n`;
  await pool.query({ name: 'steps', text, values: [id] });
}
