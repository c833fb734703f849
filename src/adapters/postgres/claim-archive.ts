/** The archive sweep's one question to the books (migrations/0011). */
import type pg from 'pg';
import type { ClaimArchive } from '../../api/ports.ts';
import { call } from './pool.ts';

export function createClaimArchive(pool: pg.Pool): ClaimArchive {
  return {
    archive: (olderThanDays, limit) =>
      call<number>(pool, 'archive_claims', `${olderThanDays} days`, limit),
  };
}
