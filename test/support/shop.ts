/** A small shop in a database of its own: a tenant, a shelf, and orders put straight into the books. */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import type { OrderFacts, OrderId } from '../../src/domain/order.ts';
import { createDatabase } from './database.ts';

export const TENANT = 'ten_test';

export interface Shop {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Puts a SKU on the shelf at 10.00 EUR apiece. */
  readonly stock: (sku: string, available: number) => Promise<void>;
  /** Makes a code that takes 3.00 EUR off, so often. */
  readonly voucher: (code: string, uses: number) => Promise<void>;
  /** How often it is taken. */
  readonly taken: (code: string) => Promise<number | undefined>;
  /** An accepted order, as the API would have written it. */
  readonly order: (lines: OrderFacts['lines'], change?: OrderChange) => Promise<OrderFacts>;
  /** available / reserved / sold. */
  readonly shelf: (sku: string) => Promise<string>;
  readonly row: (id: OrderId) => Promise<OrderRow>;
  readonly events: (id: OrderId) => Promise<string[]>;
  readonly close: () => Promise<void>;
}

export interface OrderChange {
  readonly paymentMethod?: string;
  readonly postalCode?: string;
  readonly voucherCode?: string;
  readonly returnUrl?: string;
}

interface OrderRow {
  readonly status: string;
  readonly gate: string;
  readonly reason: string | null;
  readonly needsOperator: boolean;
}

const UNIT_PRICE = 1_000;
const DISCOUNT = 300;

export async function createShop(): Promise<Shop> {
  const database = await createDatabase();
  const { url } = database;
  const pool = createPool({ url, size: 10, applicationName: 'test' });
  await pool.query(`INSERT INTO tenant (id, name) VALUES ($1, 'test')`, [TENANT]);
  return {
    url,
    pool,
    async stock(sku, available) {
      await pool.query(
        `INSERT INTO product (tenant_id, sku, name, unit_price, currency)
         VALUES ($1, $2, $2, $3, 'EUR')`,
        [TENANT, sku, UNIT_PRICE],
      );
      await pool.query(`INSERT INTO stock (tenant_id, sku, available) VALUES ($1, $2, $3)`, [
        TENANT,
        sku,
        available,
      ]);
    },
    async voucher(code, uses) {
      await pool.query(
        `INSERT INTO voucher (tenant_id, code, currency, amount_off, uses)
         VALUES ($1, $2, 'EUR', $3, $4)`,
        [TENANT, code, DISCOUNT, uses],
      );
    },
    async taken(code) {
      const { rows } = await pool.query<{ taken: number }>(
        'SELECT taken FROM voucher WHERE code = $1',
        [code],
      );
      return rows[0]?.taken;
    },
    order: (lines, change) => insertOrder(pool, lines, change),
    async shelf(sku) {
      const { rows } = await pool.query<{ shelf: string }>(
        `SELECT concat_ws('/', available, reserved, sold) AS shelf FROM stock WHERE sku = $1`,
        [sku],
      );
      return rows[0]?.shelf ?? 'unknown';
    },
    async row(id) {
      const { rows } = await pool.query<OrderRow>(
        `SELECT status, gate, reason, needs_operator AS "needsOperator" FROM "order" WHERE id = $1`,
        [id],
      );
      if (rows[0] === undefined) throw new Error(`no order ${id}`);
      return rows[0];
    },
    async events(id) {
      const { rows } = await pool.query<{ type: string }>(
        `SELECT type FROM order_event WHERE order_id = $1 ORDER BY sequence`,
        [id],
      );
      return rows.map(({ type }) => type);
    },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

async function insertOrder(
  pool: pg.Pool,
  lines: OrderFacts['lines'],
  change: OrderChange = {},
): Promise<OrderFacts> {
  const { paymentMethod = 'pm_card_visa', postalCode = '10115' } = change;
  const { voucherCode, returnUrl } = change;
  const id: OrderId = `ord_${randomBytes(13).toString('hex')}`;
  const discount = voucherCode === undefined ? null : DISCOUNT;
  const amount = lines.reduce((sum, { quantity }) => sum + quantity * UNIT_PRICE, -(discount ?? 0));
  const address = { name: 'Ada', line1: 'Allee 1', city: 'Berlin', postalCode, country: 'DE' };
  await pool.query(
    `INSERT INTO "order" (id, tenant_id, request_id, amount, currency, payment_method,
       customer_name, customer_email, shipping_address, voucher_code, discount, return_url)
     VALUES ($1, $2, $3, $4, 'EUR', $5, 'Ada', $6, $7, $8, $9, $10)`,
    [
      ...[id, TENANT, `req_${id}`, amount, paymentMethod, `${id}@example.com`, address],
      ...[voucherCode, discount, returnUrl],
    ],
  );
  for (const { sku, quantity } of lines) {
    await pool.query(
      `INSERT INTO order_line (order_id, sku, quantity, unit_price) VALUES ($1, $2, $3, $4)`,
      [id, sku, quantity, UNIT_PRICE],
    );
  }
  await pool.query(`SELECT append_event($1, 'order.accepted')`, [id]);
  return {
    id,
    tenantId: TENANT,
    requestId: `req_${id}`,
    amountMinor: amount.toString(),
    currency: 'EUR',
    lines,
    ...(voucherCode !== undefined && { hasVoucher: true }),
  };
}
