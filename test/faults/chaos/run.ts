/**
 * One run: bring everything up, let clients and nemesis at it, heal, wait until all is over, read
 * everything, and put it where the checker looks.
 */
import { setMaxListeners } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Memory } from './client.ts';
import { createCourier } from './courier.ts';
import { gather } from './crowd.ts';
import type { Crowd } from './crowd.ts';
import { drain } from './drain.ts';
import { gatherEvidence } from './evidence.ts';
import { openJournal } from './journal.ts';
import { unleash } from './nemesis.ts';
import type { Nemesis, Trouble } from './nemesis.ts';
import type { Plan } from './plan.ts';
import { poisonedOrders } from './poisoned.ts';
import type { Outcome } from './report.ts';
import { sample } from './sampler.ts';
import { startStack } from './stack.ts';
import type { Stack } from './stack.ts';

interface Setting {
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Aborted when somebody does not want to wait for the end. */
  readonly stop: AbortSignal;
  /** Whether the gateway tells the APIs of its events, and they a tenant of its orders'. */
  readonly webhooks?: boolean;
  /** What happens meanwhile; the plan's acts when absent. */
  readonly trouble?: Trouble;
  /** What the programs are told otherwise than in stack.ts. */
  readonly environment?: NodeJS.ProcessEnv;
}

export async function runChaos(plan: Plan, setting: Setting): Promise<Outcome> {
  const { folder, say, webhooks = false, environment = {} } = setting;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const state = mkdtempSync(join(tmpdir(), 'makegood-chaos-'));
  say('bringing up PostgreSQL, Temporal, three parties, two APIs, two workers');
  const stack = await startStack({ evidence: folder, state, plan, say, webhooks, environment });
  try {
    // Asked for while everything came up, when nobody listened yet.
    setting.stop.throwIfAborted();
    return await runOn(stack, plan, setting);
  } finally {
    say('stopping everything');
    await stack.close();
  }
}

async function runOn(stack: Stack, plan: Plan, setting: Setting): Promise<Outcome> {
  const { folder, say, stop, trouble = unleash } = setting;
  const over = new AbortController();
  // Every client that waits listens to it.
  setMaxListeners(0, over.signal);
  stop.addEventListener('abort', () => over.abort());
  const { seed } = plan;
  const journal = openJournal(join(folder, 'clients.jsonl'));
  const { apiUrls, apiKeys } = stack;
  const courier = createCourier({ apiUrls, apiKeys, seed, journal, over: over.signal });
  const memory: Memory = {
    acknowledged: new Map(),
    ends: new Map(),
    followed: new Set(),
    answers: new Map(),
  };
  const { adminUrl } = stack.database;
  const sampler = sample(adminUrl, join(folder, 'snapshots.jsonl'));
  const startedAt = Date.now();
  let tellHealed = (): void => undefined;
  const healed = new Promise<void>((resolve) => (tellHealed = resolve));
  over.signal.addEventListener('abort', () => tellHealed());
  const crowd = gather(plan, { courier, memory, over: over.signal, healed });
  crowd.finished.catch(() => undefined);
  const nemesis = trouble(plan.acts, stack, { over: over.signal, say });
  const ticking = tick({ plan, startedAt, crowd, memory, courier, nemesis, say });
  try {
    await Promise.all([nemesis.done, crowd.begun]);
    await nemesis.heal();
    const healedAt = Date.now();
    tellHealed();
    clearInterval(ticking);
    say('healed; waiting for everything to end');
    const poisoned = [...poisonedOrders(folder), ...nemesis.lost()];
    const clientsLeft = () =>
      plan.stories.length -
      crowd.stories().finished -
      poisoned.filter((id) => memory.followed.has(id)).length;
    const left = await drain({
      adminUrl,
      temporalAddress: stack.temporalAddress,
      partyUrls: Object.values(stack.partyUrls),
      gatewayUrl: stack.partyUrls.gateway,
      poisoned,
      clientsLeft,
      over: over.signal,
      tell: everySeconds(5, (now) => say(`  left: ${JSON.stringify(now)}`)),
    });
    over.abort();
    await crowd.finished;
    const times = { startedAt, healedAt, drainedAt: Date.now() };
    await sampler.stop();
    await journal.close();
    stop.throwIfAborted();
    say('reading everything');
    const found = await gatherEvidence({ folder, plan, stack, memory, nemesis, times });
    const deaths = Object.values(stack.parts).map((part) => part.ownDeaths());
    const ownDeaths = deaths.reduce((sum, count) => sum + count, 0);
    const told = { plan, folder, memory, courier, times, left, ownDeaths };
    return { ...told, ...found, missed: nemesis.missed(), samples: sampler.taken() };
  } finally {
    over.abort();
    clearInterval(ticking);
    await sampler.stop().catch(() => undefined);
  }
}

// Often enough to see that it lives.
const TICK_MS = 5_000;

function tick(run: {
  readonly plan: Plan;
  readonly startedAt: number;
  readonly crowd: Crowd;
  readonly memory: Memory;
  readonly courier: { readonly counts: { requests: number; retries: number } };
  readonly nemesis: Nemesis;
  readonly say: (line: string) => void;
}): NodeJS.Timeout {
  const { plan, startedAt, crowd, memory, courier, nemesis, say } = run;
  return setInterval(() => {
    const at = Math.round((Date.now() - startedAt) / 1_000);
    const { begun } = crowd.stories();
    const { requests, retries } = courier.counts;
    const now = nemesis.inForce().join(', ') || 'nothing';
    say(
      `${at} s: ${begun}/${plan.orders} orders sent, ${memory.acknowledged.size} accepted,` +
        ` ${memory.ends.size} seen to end; ${requests} requests (${retries} again);` +
        ` act ${nemesis.begun()}/${plan.acts.length}; broken now: ${now}`,
    );
  }, TICK_MS);
}

function everySeconds<T>(seconds: number, act: (value: T) => void): (value: T) => void {
  let last = 0;
  return (value) => {
    if (Date.now() - last < seconds * 1_000) return;
    last = Date.now();
    act(value);
  };
}
