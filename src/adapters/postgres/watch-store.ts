/** The watcher's questions to the books, about orders and refunds alike (migrations/0008). */
import type pg from 'pg';
import type { WatchStore } from '../../api/ports.ts';
import { call } from './pool.ts';

export function createWatchStore(pool: pg.Pool): WatchStore {
  return {
    leaseSilent: (silenceSeconds, limit) =>
      call(pool, 'lease_silent_sagas', `${silenceSeconds} s`, limit),
    flag: (id, silenceSeconds) => call(pool, 'flag_saga', id, `${silenceSeconds} s`),
    async unflag(id) {
      await call(pool, 'unflag_saga', id);
    },
    async countRestart(id) {
      await call(pool, 'count_restart', id);
    },
  };
}
