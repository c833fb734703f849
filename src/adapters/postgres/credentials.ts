/**
 * Who an API key speaks for. Read from PostgreSQL on every request, never from a cache: a key that
 * is revoked is revoked at once.
 */
import { timingSafeEqual } from 'node:crypto';
import type pg from 'pg';
import type { Credentials, Principal } from '../../api/ports.ts';
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
      return principalOf(row);
    },
  };
}

// So that an unknown key costs what a wrong secret costs.
const NOBODYS_HASH = Buffer.alloc(32);

const AUTHENTICATE = 'SELECT tenant_id, operator, secret_hash, scopes FROM find_credential($1)';

interface Row {
  readonly tenant_id: string | null;
  readonly operator: string | null;
  readonly secret_hash: Buffer;
  readonly scopes: readonly string[];
}

function principalOf({ tenant_id: tenantId, operator, scopes }: Row): Principal {
  return { tenantId: tenantId ?? '', ...(operator !== null && { operator }), scopes };
}
