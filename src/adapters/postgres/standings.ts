/**
 * What the book says of orders and refunds that somebody names: unfinished, ended, or nothing; and that
 * some of them can only go forward.
 */
import type pg from 'pg';
import type { OrderId } from '../../domain/order.ts';
import type { SagaId, Standing, Standings } from '../../operator/ports.ts';
import { call } from './pool.ts';

export function createStandings(pool: pg.Pool): Standings {
  return {
    async standingOf(ids) {
      const { rows } = await pool.query<{ id: SagaId; standing: Standing }>(
        `SELECT id, CASE WHEN status IN ('completed', 'rejected', 'cancelled', 'refunded')
           THEN 'ended' ELSE 'unfinished' END AS standing
         FROM "order" WHERE id = ANY ($1)
         UNION ALL
         SELECT id, CASE state WHEN 'requested' THEN 'unfinished' ELSE 'ended' END
         FROM refund WHERE id = ANY ($1) AND request_id IS NOT NULL`,
        [ids],
      );
      return new Map(rows.map(({ id, standing }) => [id, standing]));
    },

    commit: (ids) => call<readonly OrderId[]>(pool, 'commit_captured', ids),
  };
}
