/**
 * `npm run bench:reservations`: reservations of one hot SKU per second by 64 clients, one transaction
 * each against those that wait made together, through the order book's own port and as many
 * connections as a worker has. On a PostgreSQL of its own; side by side, five times each.
 */
import { performance } from 'node:perf_hooks';
import { createPool } from '../src/adapters/postgres/pool.ts';
import { createReservations } from '../src/adapters/postgres/reservations.ts';
import type { OrderId } from '../src/domain/order.ts';
import { withClient } from '../src/launcher/postgres.ts';
import { startServices } from '../test/support/run.ts';
import type { Services } from '../test/support/services.ts';

const REPEATS = 5;
const CLIENTS = 64;
// A second or two of each way.
const ALONE = { orders: 1_000, lane: undefined };
const TOGETHER = { orders: 4_000, lane: 'hot' };
const CONNECTIONS = 10;

const services = startServices();
try {
  const { url, template } = (await services.get('postgres')) as Services['postgres'];
  const ratios: number[] = [];
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    const alone = await measure(url, template, `alone_${repeat}`, ALONE);
    const together = await measure(url, template, `together_${repeat}`, TOGETHER);
    ratios.push(together / alone);
    console.log(`${alone.toFixed(0)}/s alone, ${together.toFixed(0)}/s together`);
  }
  const [least, , median, , most] = ratios.sort((one, other) => one - other);
  console.log(`together/alone, min/median/max: ${[least, median, most].map(shown).join(' / ')}`);
} finally {
  await services.stop();
}

function shown(ratio: number | undefined): string {
  return `${ratio?.toFixed(1)}×`;
}

async function measure(
  url: string,
  template: string,
  name: string,
  { orders, lane }: { readonly orders: number; readonly lane: string | undefined },
): Promise<number> {
  await withClient(url, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  const own = new URL(url);
  own.pathname = name;
  await fill(own.href, orders);
  const pool = createPool({ url: own.href, size: CONNECTIONS, applicationName: 'bench' });
  const reserve = createReservations(pool);
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < orders) {
      next += 1;
      const { state } = await reserve(`ord_${next}`, lane);
      if (state !== 'done') throw new Error('there were enough for all');
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const perSecond = orders / ((performance.now() - began) / 1_000);
  await pool.end();
  await withClient(url, (admin) => admin.query(`DROP DATABASE ${name}`));
  return perSecond;
}

async function fill(url: string, orders: number): Promise<void> {
  const first: OrderId = 'ord_';
  await withClient(url, async (client) => {
    await client.query(`
      INSERT INTO tenant (id, name) VALUES ('ten_bench', 'bench');
      INSERT INTO product (tenant_id, sku, name, unit_price, currency)
        VALUES ('ten_bench', 'hot', 'Hot', 100, 'EUR');
      INSERT INTO stock (tenant_id, sku, available) VALUES ('ten_bench', 'hot', 1000000)`);
    await client.query(
      `INSERT INTO "order" (id, tenant_id, request_id, amount, currency, payment_method,
         customer_name, customer_email, shipping_address)
       SELECT $2 || n, 'ten_bench', 'req', 100, 'EUR', 'pm', 'Ada', 'ada@example.com', '{}'
       FROM generate_series(1, $1::integer) n`,
      [orders, first],
    );
    await client.query(`INSERT INTO order_line SELECT id, 'hot', 1, 100 FROM "order"`);
    await client.query('ANALYZE');
  });
}
