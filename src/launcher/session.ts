/**
 * One run of the launcher: the state folder it works in, the fleet that it lets go in order when it
 * is asked to stop or cannot start, and what it says when it cannot.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Complaint } from './complaint.ts';
import { createFleet } from './fleet.ts';
import type { Setting } from './parts.ts';
import { cacheDirectory } from './places.ts';
import { createPorts } from './ports.ts';
import { removeCluster } from './postgres.ts';
import { drainWhenAsked } from './signals.ts';

export interface Session {
  readonly root: string;
  readonly state: string;
  readonly reset: boolean;
  /** An earlier start was killed, and its children may still be on their way out. */
  readonly abandoned: boolean;
}

export async function runSession(
  { root, state, reset, abandoned }: Session,
  bringUp: (setting: Setting) => Promise<void>,
): Promise<void> {
  const environment = process.env;
  const fleet = createFleet(say);
  const isDraining = drainWhenAsked(fleet, say);
  try {
    if (reset) await forget(state);
    rmSync(join(state, 'logs'), { recursive: true, force: true });
    mkdirSync(join(state, 'books'), { recursive: true });
    const ports = createPorts({
      file: join(state, 'ports.json'),
      environment,
      patienceMs: abandoned ? afterKillMs : 0,
    });
    await bringUp({ root, state, environment, ports, fleet, say });
  } catch (error) {
    // What was interrupted in its start has not failed.
    if (isDraining()) return;
    const trace = error instanceof Error ? error.stack : String(error);
    const what = error instanceof Complaint ? error.message : `a bug in the launcher: ${trace}`;
    process.stderr.write(`makegood cannot start: ${what}\n`);
    await fleet.drain();
    process.exit(1);
  }
}

// Every child stops within 5 s of losing its parent; one more for a busy machine.
const afterKillMs = 6_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The lock of this very start, and the state of the production stack, which has a lock of its own. */
const KEPT = new Set(['launcher.lock', 'production']);

async function forget(state: string): Promise<void> {
  await removeCluster(state, cacheDirectory(process.env));
  for (const name of readdirSync(state).filter((entry) => !KEPT.has(entry))) {
    rmSync(join(state, name), { recursive: true, force: true });
  }
  say('the state of earlier starts is gone');
}
