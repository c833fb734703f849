/**
 * Who an API key speaks for. Read from PostgreSQL on every request, never from a cache: a key that
 * is revoked is revoked at once.
 */
import { timingSafeEqual } from 'node:crypto';
import type pg from 'pg';
import type { Credentials } from '../../api/ports.ts';
import { parseApiKey } from './api-keys.ts';
import { query } from './pool.ts';

export function createCredentials(
  pool: pg.Pool,
  used: (keyId: string) => void = () => undefined,
): Credentials {
  return {
    async authenticate(apiKey) {
      const key = parseApiKey(apiKey);
      if (key === undefined) return undefined;
      const [row] = await query<Row>(pool, 'authenticate', AUTHENTICATE, [key.id]);
      if (row === undefined || !timingSafeEqual(row.secret_hash, key.secretHash)) return undefined;
      used(key.id);
      return { tenantId: row.tenant_id, scopes: row.scopes };
    },
  };
}

const AUTHENTICATE = 'SELECT * FROM find_key($1)';

interface Row {
  readonly tenant_id: string;
  readonly secret_hash: Buffer;
  readonly scopes: readonly string[];
}
