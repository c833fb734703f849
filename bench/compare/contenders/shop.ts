/** What the peers' programs share: a shop's tables, the world outside, and who counts in them. */
import { withClient } from '../../../src/launcher/postgres.ts';
import { SHOP_TABLES } from '../apps/steps.ts';
import type { Work } from '../contender.ts';
import type { Ground } from '../ground.ts';
import { ask } from '../http.ts';
import { SKUS, UNITS } from '../shelf.ts';

export interface Shop {
  /** For the program that runs the steps. */
  readonly env: NodeJS.ProcessEnv;
  /** As the shop itself and the gateway have them; of no-ops nobody has anything. */
  completed(): Promise<readonly number[]>;
}

const DATABASE = 'shop';

export async function openShop(ground: Ground, work: Work): Promise<Shop> {
  if (work === 'no-op') return { env: { BENCH_WORK: work }, completed: () => Promise.resolve([]) };
  const postgres = await ground.postgres(DATABASE);
  const url = postgres.url(DATABASE);
  await withClient(url, async (client) => {
    await client.query(SHOP_TABLES);
    await client.query('INSERT INTO shelf SELECT sku, $2 FROM unnest($1::text[]) AS sku', [
      SKUS,
      UNITS,
    ]);
  });
  const { gatewayUrl, env } = await ground.standIns();
  return {
    env: { ...env, BENCH_WORK: work, DATABASE_URL: url },
    completed: async () => [
      await countIn(url, `SELECT count(*) FROM purchase WHERE status = 'completed'`),
      await capturesAt(gatewayUrl),
    ],
  };
}

export async function countIn(url: string, query: string): Promise<number> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query<{ count: string }>(query);
    return Number(rows[0]?.count);
  });
}

export async function capturesAt(gatewayUrl: string): Promise<number> {
  const book = await ask(`${gatewayUrl}/control/book`, { method: 'GET' });
  return book.split('"captured"').length - 1;
}

/** Places an order at a program's door. */
export function throughDoor(url: string): (id: string) => Promise<void> {
  return async (id) => {
    const answer = await ask(`${url}/${id}`);
    if (answer !== id) throw new Error(`answered ${answer} instead of ${id}`);
  };
}
