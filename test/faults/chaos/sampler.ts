/** About once a second, in one transaction each: what is on the shelves and what our own book sums to. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../../../src/launcher/postgres.ts';

export interface Sampler {
  readonly taken: () => number;
  readonly stop: () => Promise<void>;
}

const EVERY_MS = 1_000;

export function sample(adminUrl: string, file: string, everyMs = EVERY_MS): Sampler {
  const stream = createWriteStream(file);
  const stopping = new AbortController();
  let taken = 0;
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const snapshot = await look(adminUrl).catch(() => undefined);
      if (snapshot !== undefined) {
        taken += 1;
        stream.write(`${JSON.stringify({ at: new Date().toISOString(), ...snapshot })}\n`);
      }
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const looping = loop();
  return {
    taken: () => taken,
    async stop() {
      if (stopping.signal.aborted) return;
      stopping.abort();
      await looping;
      stream.end();
      await once(stream, 'close');
    },
  };
}

/** Undefined while PostgreSQL is away: by an error. */
async function look(adminUrl: string): Promise<object | undefined> {
  return await withClient(adminUrl, async (client) => {
    // A lock that the nemesis holds must not become a hole in the book for longer than that.
    await client.query(`SET statement_timeout = '3s'`);
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query<{ snapshot: object }>(SNAPSHOT);
    await client.query('COMMIT');
    return rows[0]?.snapshot;
  });
}

const SNAPSHOT = `
  SELECT json_build_object(
    'stock', (SELECT json_agg(json_build_object(
      'sku', sku, 'available', available, 'reserved', reserved, 'sold', sold)) FROM stock),
    'vouchers', (SELECT coalesce(json_agg(json_build_object('tenant_id', tenant_id, 'code', code,
      'taken', taken, 'uses', uses)), '[]') FROM voucher),
    'money', (SELECT json_build_object(
      'authorized', coalesce(sum(authorized), 0), 'captured', coalesce(sum(captured), 0),
      'voided', coalesce(sum(voided), 0), 'refunded', coalesce(sum(refunded), 0))
      FROM payment_entry)) AS snapshot`;
