/**
 * Health, on the operations listener so that it is never public by accident. Temporal being down does
 * not make a process unready: orders are still accepted, and started when it is back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Env, Hono } from 'hono';
import type { DatabaseHealth } from './ports.ts';

export interface HealthDeps {
  readonly checkDatabase: () => Promise<DatabaseHealth>;
  readonly checkTemporal: () => Promise<boolean>;
  /** Set once the process has begun to stop. */
  readonly isDraining: () => boolean;
}

export function addHealth<E extends Env>(app: Hono<E>, deps: HealthDeps): void {
  const { checkDatabase, checkTemporal, isDraining } = deps;
  app.get('/health/live', (c) => c.json({ status: 'live' }));
  app.get('/health/ready', async (c) => {
    const [database, temporal] = await Promise.all([checkDatabase(), isUp(checkTemporal)]);
    const isReady = database.answers && database.migrated && !isDraining();
    const body = {
      status: isReady ? 'ready' : 'unready',
      draining: isDraining(),
      postgresql: database.answers ? 'up' : 'down',
      migrations: database.migrated ? 'applied' : 'unknown or missing',
      temporal: temporal ? 'up' : 'down',
    };
    return c.json(body, isReady ? 200 : 503, { 'Cache-Control': 'no-store' });
  });
}

// Below the second that a probe commonly waits: what is slow must not look like being unready.
const PATIENCE_MS = 500;

function isUp(checkTemporal: () => Promise<boolean>): Promise<boolean> {
  return Promise.race([checkTemporal(), sleep(PATIENCE_MS, false)]);
}
