/**
 * Who an API key speaks for. Read from PostgreSQL on every request, never from a cache: a key that
 * is revoked is revoked at once.
 */
import { timingSafeEqual } from 'node:crypto';
import type pg from 'pg';
import type { Credentials } from '../../api/ports.ts';
import { parseApiKey } from './api-keys.ts';
import { query } from './pool.ts';

export interface CredentialOptions {
  readonly used?: (keyId: string) => void;
  /** As in production: a key that was made for development opens nothing. */
  readonly onlyLive?: boolean;
}

export function createCredentials(
  pool: pg.Pool,
  { used, onlyLive = false }: CredentialOptions = {},
): Credentials {
  return {
    async authenticate(apiKey) {
      const key = parseApiKey(apiKey);
      if (key === undefined || (onlyLive && key.environment !== 'live')) return undefined;
      const [row] = await query<Row>(pool, 'authenticate', AUTHENTICATE, [key.id]);
      const isRight = timingSafeEqual(row?.secret_hash ?? NOBODYS_HASH, key.secretHash);
      if (row === undefined || !isRight) return undefined;
      used?.(key.id);
      return { tenantId: row.tenant_id, scopes: row.scopes };
    },
  };
}

// So that an unknown key costs what a wrong secret costs.
const NOBODYS_HASH = Buffer.alloc(32);

const AUTHENTICATE = 'SELECT * FROM find_key($1)';

interface Row {
  readonly tenant_id: string;
  readonly secret_hash: Buffer;
  readonly scopes: readonly string[];
}
