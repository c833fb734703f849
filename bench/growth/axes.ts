/** Against what costs are measured: one thing grows, and all else stays as it is. */
import pg from 'pg';
import { makeApiKey } from '../../src/adapters/postgres/api-keys.ts';
import { pileUp, passThrough } from './backlog.ts';
import { fillShop, tenantId } from './fill.ts';
import type { Shop } from './fill.ts';
import { loopProbes, operatorProbes } from './loops.ts';
import { createMeter } from './meter.ts';
import type { Cost, Probe } from './meter.ts';
import { clientProbes, sagaProbes } from './orders.ts';
import type { Asked } from './orders.ts';
import { createParts } from './parts.ts';
import type { Parts } from './parts.ts';

export interface Axis {
  readonly name: string;
  /** What is on it, in a sentence. */
  readonly told: string;
  readonly sizes: readonly number[];
  readonly quick: readonly number[];
  readonly measure: (ground: Ground, size: number) => Promise<readonly Measured[]>;
}

export interface Measured extends Cost {
  readonly probe: string;
}

/** A new database with all migrations: as the application, and as the superuser. */
export interface Ground {
  readonly url: string;
  readonly adminUrl: string;
}

const SHOP: Shop = { orders: 10_000, tenants: 1, lines: 2, skus: 5 };

type Probes = (parts: Parts, asked: Asked) => readonly Probe[];

const everything: Probes = (parts, asked) => [
  ...clientProbes(parts, asked),
  ...sagaProbes(parts, asked),
  ...loopProbes(parts),
  ...operatorProbes(parts),
];

const ofAnOrder: Probes = (parts, asked) => [
  ...clientProbes(parts, asked),
  ...sagaProbes(parts, asked),
];

const byItself: Probes = (parts) => [...loopProbes(parts), ...operatorProbes(parts)];

export const AXES: readonly Axis[] = [
  {
    name: 'orders',
    told: 'orders in the database: half a year of them, the last 200 under way',
    sizes: [1_000, 10_000, 100_000, 1_000_000],
    quick: [1_000, 10_000, 50_000],
    measure: (ground, orders) => afterwards(ground, { ...SHOP, orders }, everything),
  },
  {
    name: 'lines',
    told: 'lines of an order, among 10,000 orders',
    sizes: [1, 3, 10, 30, 100],
    quick: [1, 10, 100],
    measure: (ground, lines) =>
      afterwards(ground, { ...SHOP, skus: 100 }, ofAnOrder, { lines, orders: SHOP.orders }),
  },
  {
    name: 'tenants',
    told: 'tenants, among whom 10,000 orders are divided',
    sizes: [1, 10, 100, 1_000, 10_000],
    quick: [1, 100, 10_000],
    measure: (ground, tenants) => afterwards(ground, { ...SHOP, tenants }, everything),
  },
  {
    name: 'backlog',
    told: 'of each kind of work that waits, among 10,000 orders: unstarted, silent, parked, unsent, not compared',
    sizes: [100, 1_000, 10_000, 30_000],
    quick: [100, 1_000, 10_000],
    measure: (ground, count) =>
      afterwards(ground, SHOP, byItself, undefined, (admin) => pileUp(admin, count)),
  },
  {
    name: 'gone',
    told: 'orders that have come and gone since the last vacuum, among 10,000',
    sizes: [100, 1_000, 10_000, 100_000],
    quick: [100, 1_000, 10_000],
    measure: (ground, count) =>
      afterwards(ground, SHOP, byItself, undefined, (admin) => passThrough(admin, count)),
  },
  {
    name: 'planned young',
    told: 'orders, in connections that were opened when there were 20, without statistics since',
    sizes: [1_000, 10_000, 100_000],
    quick: [300, 1_000, 10_000],
    measure: grownUnder,
  },
];

/** Connections are opened when all is there, and the planner knows it. */
async function afterwards(
  ground: Ground,
  shop: Shop,
  probes: Probes,
  asked: Asked = { lines: shop.lines, orders: shop.orders },
  change?: (admin: pg.Client) => Promise<void>,
): Promise<readonly Measured[]> {
  return await withAdmin(ground, async (admin) => {
    await fillShop(admin, shop);
    await change?.(admin);
    return await measured(ground, admin, (parts) => probes(parts, asked));
  });
}

const YOUNG = 20;

async function grownUnder(ground: Ground, orders: number): Promise<readonly Measured[]> {
  return await withAdmin(ground, async (admin) => {
    await fillShop(admin, { ...SHOP, orders: YOUNG });
    return await measured(
      ground,
      admin,
      (parts) => everything(parts, { lines: SHOP.lines, orders: YOUNG }),
      () => fillShop(admin, { ...SHOP, orders, isOld: false }),
    );
  });
}

async function measured(
  ground: Ground,
  admin: pg.Client,
  probesOf: (parts: Parts) => readonly Probe[],
  meanwhile?: () => Promise<void>,
): Promise<readonly Measured[]> {
  const { id, key, secretHash } = makeApiKey('dev');
  await admin.query(
    `INSERT INTO api_key (id, tenant_id, secret_hash, scopes) VALUES ($1, $2, $3, '{}')`,
    [id, tenantId(0), secretHash],
  );
  const parts = createParts(ground.url);
  const meter = await createMeter(ground.adminUrl, parts.pools);
  try {
    const credential = { name: 'authenticate', work: () => parts.credentials.authenticate(key) };
    const probes = [credential, ...probesOf(parts)];
    if (meanwhile) {
      for (const probe of probes) await meter.cost(probe);
      await meanwhile();
    }
    const costs: Measured[] = [];
    for (const probe of probes) costs.push({ probe: probe.name, ...(await meter.cost(probe)) });
    return costs;
  } finally {
    await meter.close();
    await parts.close();
  }
}

async function withAdmin<T>(ground: Ground, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: ground.adminUrl });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
