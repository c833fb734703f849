/**
 * What overload and soak run on: the stack of `npm run chaos` (two APIs, two workers, PostgreSQL,
 * Temporal and the parties, each a process of its own) with nothing broken, and shops that have enough
 * of everything. At the end whatever is known of the run goes to the checker.
 */
import { setMaxListeners } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PRODUCTION_BUDGETS } from '../../src/saga/participants.ts';
import { PARTIES } from '../../test/faults/chaos/acts.ts';
import type { Memory } from '../../test/faults/chaos/client.ts';
import { createCourier } from '../../test/faults/chaos/courier.ts';
import type { Courier } from '../../test/faults/chaos/courier.ts';
import { drain, isNothing } from '../../test/faults/chaos/drain.ts';
import { gatherEvidence } from '../../test/faults/chaos/evidence.ts';
import { openJournal } from '../../test/faults/chaos/journal.ts';
import type { Nemesis } from '../../test/faults/chaos/nemesis.ts';
import type { Plan } from '../../test/faults/chaos/plan.ts';
import type { PartyPlan } from '../../test/faults/chaos/rates.ts';
import { askChecker } from '../../test/faults/chaos/report.ts';
import { sample } from '../../test/faults/chaos/sampler.ts';
import { BUDGETS, startStack } from '../../test/faults/chaos/stack.ts';
import type { Stack, StackOptions } from '../../test/faults/chaos/stack.ts';
import { TENANTS } from '../../test/faults/chaos/shelf.ts';
import type { Product } from '../../test/faults/chaos/shelf.ts';

export interface Stage {
  readonly stack: Stack;
  readonly courier: Courier;
  readonly memory: Memory;
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Aborted when somebody does not want to wait for the end. */
  readonly over: AbortSignal;
  /** Waits until all has ended, and has the books judged: what the checker said, and its exit code. */
  readonly judge: () => Promise<{ readonly code: number; readonly said: string }>;
}

export interface Scene {
  readonly name: string;
  readonly temporal?: StackOptions['temporal'];
  /** How often stock and money are summed up for the checker, which reads all of the books each time. */
  readonly sampleMs?: number;
  /** May add to the evidence what only it knows. */
  readonly beforeJudging?: (folder: string) => void;
}

export async function onStage(scene: Scene, run: (stage: Stage) => Promise<void>): Promise<void> {
  const { name, temporal, sampleMs, beforeJudging } = scene;
  const folder = fileURLToPath(new URL(`../../.makegood/${name}`, import.meta.url));
  const say = (line: string): void => console.log(`[${name}] ${line}`);
  const stopping = new AbortController();
  // Every client listens to it.
  setMaxListeners(0, stopping.signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const state = mkdtempSync(join(tmpdir(), `makegood-${name}-`));
  const plan = planOf(name);
  say('bringing up PostgreSQL, Temporal, three parties, two APIs, two workers');
  const environment = { ...IN_CONTAINERS, ...AS_IN_PRODUCTION };
  const stack = await startStack({
    ...{ evidence: folder, state, plan, say, environment },
    ...(temporal && { temporal }),
  });
  try {
    const over = stopping.signal;
    over.throwIfAborted();
    const journal = openJournal(join(folder, 'clients.jsonl'));
    const { apiUrls, apiKeys, database } = stack;
    const courier = createCourier({ apiUrls, apiKeys, seed: name, journal, over });
    const sampler = sample(database.adminUrl, join(folder, 'snapshots.jsonl'), sampleMs);
    const memory = nothingYet();
    const startedAt = Date.now();
    const judge = async () => {
      const healedAt = Date.now();
      const left = await drain({
        adminUrl: database.adminUrl,
        temporalAddress: stack.temporalAddress,
        partyUrls: Object.values(stack.partyUrls),
        ...{ poisoned: [], clientsLeft: () => 0, over, tell: () => undefined },
      });
      if (!isNothing(left)) say(`left: ${JSON.stringify(left)}`);
      await sampler.stop();
      await journal.close();
      say('reading everything');
      const times = { startedAt, healedAt, drainedAt: Date.now() };
      await gatherEvidence({ folder, plan, stack, memory, nemesis: NOBODY, times });
      beforeJudging?.(folder);
      return await askChecker(folder);
    };
    await run({ stack, courier, memory, folder, say, over, judge });
  } finally {
    say('stopping everything');
    await stack.close();
  }
}

/**
 * As many hot attempts as the checker is told of; the times are production's, for a machine that is
 * overloaded on purpose is slow.
 */
export const AS_IN_PRODUCTION: NodeJS.ProcessEnv = {
  CHECKOUT_BUDGETS: JSON.stringify({ ...PRODUCTION_BUDGETS, hotAttempts: BUDGETS.hotAttempts }),
};

// A heap as Node takes it in a container of a gigabyte. On a large machine it would let garbage lie for
// minutes, and nobody could tell that from a leak.
const IN_CONTAINERS = { NODE_OPTIONS: '--max-old-space-size=512' };

// So many that orders hardly ever wait for each other's row.
const SKUS = 40;

// More than any run can buy.
const PLENTY = 10_000_000;

function planOf(seed: string): Plan {
  const shelf = TENANTS.flatMap((tenant) =>
    Array.from({ length: SKUS }, (_, n): Product => {
      const sku = `${tenant}-${n}`;
      return { tenant, sku, unitPrice: 500 + n, available: PLENTY };
    }),
  );
  const faultless: PartyPlan = { seed: 1, rates: {}, mostPerOrder: 1, delayMs: 1 };
  const rates = Object.fromEntries(PARTIES.map((party) => [party, faultless])) as Plan['rates'];
  // Nobody knows yet how many there will be; nothing here depends on it.
  return { orders: 100, seconds: 0, seed, shelf, stories: [], acts: [], rates };
}

function nothingYet(): Memory {
  return { acknowledged: new Map(), ends: new Map(), followed: new Set(), answers: new Map() };
}

const NOBODY: Nemesis = {
  done: Promise.resolve(),
  heal: () => Promise.resolve(),
  inForce: () => [],
  begun: () => 0,
  missed: () => 0,
  hits: {},
  deeds: [],
  strange: [],
  lost: () => [],
};
