/** The contenders that need PostgreSQL and one program: the floor, and DBOS. */
import { join } from 'node:path';
import { withClient } from '../../../src/launcher/postgres.ts';
import type { Contender, Work } from '../contender.ts';
import { countIn, openShop, throughDoor } from './shop.ts';

const FLOOR_TABLE = 'CREATE TABLE step (id text, step text, PRIMARY KEY (id, step))';

export function floor(work: Work, transactions: 'one' | 'five'): Contender {
  return {
    name: transactions === 'one' ? 'floor-1' : 'floor',
    title: `floor: PostgreSQL, ${transactions === 'one' ? 'one transaction' : '5 transactions'}`,
    work,
    async start(ground) {
      const url = (await ground.postgres('shop')).url('shop');
      await withClient(url, (client) => client.query(FLOOR_TABLE));
      const shop = await openShop(ground, work);
      const env = { DATABASE_URL: url, ...shop.env, BENCH_FLOOR: transactions };
      const { url: door = '' } = await ground.program('program', 'compare/apps/floor.ts', env);
      const own = async () => [(await countIn(url, 'SELECT count(*) FROM step')) / 5];
      return {
        place: throughDoor(door),
        completed: work === 'no-op' ? own : () => shop.completed(),
      };
    },
  };
}

// Beyond its default of 10, as its documentation advises for many workflows at a time.
const DBOS_POOL = 20;

export function dbos(work: Work): Contender {
  return {
    name: 'dbos',
    title: 'DBOS',
    work,
    async start(ground) {
      const url = (await ground.postgres('dbos')).url('dbos');
      const shop = await openShop(ground, work);
      const system = { DBOS_SYSTEM_DATABASE_URL: url, BENCH_DBOS_POOL: String(DBOS_POOL) };
      const env = { ...shop.env, ...system };
      const { url: door = '' } = await ground.program('program', join('peers', 'dbos.ts'), env);
      return {
        place: throughDoor(door),
        completed: async () => [
          await countIn(url, `SELECT count(*) FROM dbos.workflow_status WHERE status = 'SUCCESS'`),
          (await countIn(url, 'SELECT count(*) FROM dbos.operation_outputs')) / 5,
          ...(await shop.completed()),
        ],
      };
    },
  };
}
