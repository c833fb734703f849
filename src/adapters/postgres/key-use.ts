/**
 * When each API key was last used, to the minute: gathered in memory and written for all keys at
 * once, so that no request writes it. A process that is killed forgets a minute of it.
 */
import type pg from 'pg';

export interface KeyUse {
  readonly used: (keyId: string) => void;
  /** Writes what is gathered, and stops. */
  close(): Promise<void>;
}

const EVERY_MS = 60_000;

export function createKeyUse(pool: pg.Pool): KeyUse {
  const seen = new Set<string>();
  const write = async (): Promise<void> => {
    if (seen.size === 0) return;
    const ids = [...seen];
    seen.clear();
    // It is written again with the next use, so no failure is worth a word.
    await pool.query({ name: 'key_use', text: KEY_USE, values: [ids] }).catch(() => 0);
  };
  const timer = setInterval(() => void write(), EVERY_MS).unref();
  return {
    used: (keyId) => void seen.add(keyId),
    async close() {
      clearInterval(timer);
      await write();
    },
  };
}

const KEY_USE = 'UPDATE api_key SET last_used_at = now() WHERE id = ANY ($1)';
