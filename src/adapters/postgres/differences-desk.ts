/** The operators' desk for differences and halted captures: one function, one round trip (0015). */
import type pg from 'pg';
import type { Captures, Difference, DifferencesDesk, Explained } from '../../operator/ports.ts';
import { call } from './pool.ts';

export function createDifferencesDesk(pool: pg.Pool): DifferencesDesk {
  return {
    differences: ({ state, limit, before }) =>
      call<readonly (Difference & { micros: string })[]>(
        pool,
        'list_differences',
        state ?? null,
        before ?? null,
        limit,
      ),
    async findDifference(id) {
      return (await call<Difference | null>(pool, 'find_difference', id)) ?? undefined;
    },
    explain: (id, { operator, why }) =>
      call<Explained>(pool, 'explain_difference', id, operator, why),
    captures: () => call<Captures>(pool, 'captures_json'),
    haltCaptures: ({ operator, why }) => call<Captures>(pool, 'halt_captures', operator, why),
    resumeCaptures: ({ operator, why }) => call<Captures>(pool, 'resume_captures', operator, why),
  };
}
