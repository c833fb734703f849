/** The API keys of all tenants and operators, for whoever hands them out: listed, rotated, revoked. */
import type pg from 'pg';
import { makeApiKey, parseApiKey } from '../adapters/postgres/api-keys.ts';
import type { KeyEnvironment } from '../adapters/postgres/api-keys.ts';

export interface ListedKey {
  readonly id: string;
  /** One of the two is null. */
  readonly tenant: string | null;
  readonly operator: string | null;
  readonly scopes: readonly string[];
  readonly live: boolean;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

/** By its ID, or by all of it: whoever found a leaked key has that. */
export function keyIdIn(text: string): string {
  return parseApiKey(text)?.id ?? text;
}

export async function listKeys(
  client: pg.Client,
  tenant: string | undefined,
): Promise<readonly ListedKey[]> {
  const { rows } = await client.query<ListedKey>(
    `SELECT k.id, t.name AS tenant, k.operator, k.scopes, is_live(k) AS live, k.created_at, k.last_used_at,
       k.expires_at, k.revoked_at
     FROM api_key k LEFT JOIN tenant t ON t.id = k.tenant_id
     WHERE $1::text IS NULL OR t.name = $1 ORDER BY t.name, k.operator, k.created_at`,
    [tenant],
  );
  return rows;
}

/** The new key, and until when the old one works beside it; undefined where there is none to rotate. */
export async function rotateKey(
  client: pg.Client,
  old: string,
  options: { readonly overlapHours: number; readonly environment: KeyEnvironment },
): Promise<{ readonly key: string; readonly until: Date } | undefined> {
  const made = makeApiKey(options.environment);
  const { rows } = await client.query<{ until: Date | null }>(
    'SELECT rotate_key($1, $2, $3, make_interval(secs => $4)) AS until',
    [old, made.id, made.secretHash, options.overlapHours * 3_600],
  );
  const until = rows[0]?.until ?? undefined;
  return until && { key: made.key, until };
}

/** False where no live key has this ID. */
export async function revokeKey(client: pg.Client, id: string): Promise<boolean> {
  const revoked = await client.query(
    'UPDATE api_key k SET revoked_at = now() WHERE id = $1 AND is_live(k)',
    [id],
  );
  return revoked.rowCount === 1;
}
