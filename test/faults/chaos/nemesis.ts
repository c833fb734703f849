/**
 * Does what the plan says, each act at its time and healed after its time. Acts overlap, but never
 * on the same thing: one that finds it broken already is missed, and counted as that. It notes what
 * really happened, because a fault that hit nobody proves nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { APIS, LINKS, PARTIES, WORKERS } from './acts.ts';
import type {
  Act,
  DatabaseAct,
  LinkAct,
  OperatorAct,
  OutageAct,
  PartName,
  ProcessAct,
  SlowAct,
  StrangerAct,
} from './acts.ts';
import { createDatabaseFaults } from './database-faults.ts';
import { createOperator } from './operator.ts';
import type { DoneDeed } from './operator.ts';
import { createPartyFaults } from './party-faults.ts';
import type { Stack } from './stack.ts';
import { createStrangers } from './strangers.ts';
import type { StrangeEvent, Strangers } from './strangers.ts';

export interface Nemesis {
  /** When the last act has been healed. */
  readonly done: Promise<void>;
  /** Whatever is left of it: everything is up, and nothing is in the way. */
  readonly heal: () => Promise<void>;
  readonly inForce: () => readonly string[];
  readonly begun: () => number;
  readonly missed: () => number;
  /** What hit processes, links and PostgreSQL; what hit at the parties stands in their books. */
  readonly hits: Readonly<Record<string, number>>;
  readonly deeds: readonly DoneDeed[];
  /** Events that the gateway has not sent, and what was answered to them. */
  readonly strange: readonly StrangeEvent[];
  /** Orders that were accepted, and are in no book any more: their clients wait in vain. */
  readonly lost: () => readonly string[];
}

export type Trouble = (
  acts: readonly Act[],
  stack: Stack,
  world: { readonly over: AbortSignal; readonly say: (line: string) => void },
) => Nemesis;

export const unleash: Trouble = (acts, stack, { over, say }) => {
  const startedAt = Date.now();
  const broken = new Set<string>();
  const inForce = new Set<string>();
  const hits: Record<string, number> = {};
  const tally = { begun: 0, missed: 0 };
  const hit = (what: string, times = 1): void => {
    if (times > 0) hits[what] = (hits[what] ?? 0) + times;
  };
  const operator = createOperator(stack);
  const tools: Tools = {
    stack,
    hit,
    pause: (ms) => sleep(ms, undefined, { signal: over }).catch(() => undefined),
    operator,
    strangers: createStrangers(stack.eventUrls),
    parties: createPartyFaults(stack.partyUrls),
    database: createDatabaseFaults(stack.database),
  };
  const perform = async (act: Act): Promise<void> => {
    const things = whatItBreaks(act);
    if (things.some((thing) => broken.has(thing))) return void (tally.missed += 1);
    const label = `${act.target} ${act.fault}`;
    things.forEach((thing) => broken.add(thing));
    inForce.add(label);
    tally.begun += 1;
    try {
      await commit(act, tools);
    } catch (error) {
      tally.missed += 1;
      say(`${label}: ${String(error).split('\n', 1)[0] ?? ''}`);
    } finally {
      things.forEach((thing) => broken.delete(thing));
      inForce.delete(label);
    }
  };
  const all = acts.map(async (act) => {
    await tools.pause(Math.max(0, startedAt + act.atMs - Date.now()));
    if (!over.aborted) await perform(act);
  });
  return {
    done: Promise.all(all).then(() => undefined),
    async heal() {
      for (const link of LINKS) stack.links[link].heal();
      for (const part of Object.values(stack.parts)) part.signal('SIGCONT');
      await Promise.all(Object.values(stack.parts).map((part) => part.up()));
      await Promise.all(PARTIES.map((party) => tools.parties.clear(party)));
      await operator.close();
    },
    inForce: () => [...inForce],
    begun: () => tally.begun,
    missed: () => tally.missed,
    hits,
    deeds: operator.deeds,
    strange: tools.strangers.told,
    lost: () => [],
  };
};

interface Tools {
  readonly stack: Stack;
  readonly hit: (what: string, times?: number) => void;
  readonly pause: (ms: number) => Promise<void>;
  readonly operator: ReturnType<typeof createOperator>;
  readonly strangers: Strangers;
  readonly parties: ReturnType<typeof createPartyFaults>;
  readonly database: ReturnType<typeof createDatabaseFaults>;
}

function whatItBreaks(act: Act): readonly string[] {
  switch (act.sort) {
    case 'outage':
      return allOf(act);
    case 'party':
      return [`${act.target}.${act.operation}`];
    case 'database':
      return act.fault === 'immediate-stop' ? ['postgres'] : [act.fault];
    case 'operator':
    case 'stranger':
      return [];
    case 'process':
    case 'link':
    case 'slow':
      return [act.target];
  }
}

function commit(act: Act, tools: Tools): Promise<void> {
  switch (act.sort) {
    case 'process':
      return meddle(act, tools);
    case 'outage':
      return takeDown(act, tools);
    case 'link':
      return breakLink(act, tools);
    case 'slow':
      return slowLink(act, tools);
    case 'party':
      return tools.parties.during(act, () => tools.pause(act.forMs));
    case 'database':
      return breakDatabase(act, tools);
    case 'operator':
      return operate(act, tools);
    case 'stranger':
      return tellStrangely(act, tools);
  }
}

async function breakDatabase(act: DatabaseAct, { database, hit, pause }: Tools): Promise<void> {
  await database.during(act, () => pause(act.forMs));
  hit(`postgres.${act.table ?? 'server'}.${act.fault}`);
}

async function operate(act: OperatorAct, { operator, hit }: Tools): Promise<void> {
  if (await operator.act(act)) hit(`operator.run.${act.fault}`);
}

async function tellStrangely(act: StrangerAct, { strangers, hit, pause }: Tools): Promise<void> {
  if (await strangers.tell(act, pause)) hit(`${act.target}.stranger.${act.fault}`);
}

async function meddle({ fault, target, forMs }: ProcessAct, tools: Tools): Promise<void> {
  const part = tools.stack.parts[target];
  tools.hit(`${target}.process.${fault}`);
  if (fault === 'freeze') {
    part.signal('SIGSTOP');
    await tools.pause(forMs);
    part.signal('SIGCONT');
    return;
  }
  await part.down(fault === 'kill' ? 'SIGKILL' : 'SIGTERM');
  await tools.pause(forMs);
  await part.up();
}

async function takeDown(act: OutageAct, tools: Tools): Promise<void> {
  const { target, forMs } = act;
  const parts = allOf(act).map((name) => tools.stack.parts[name]);
  tools.hit(`${target}.process.all-down`);
  await Promise.all(parts.map((part) => part.down('SIGKILL')));
  await tools.pause(forMs);
  await Promise.all(parts.map((part) => part.up()));
}

function allOf({ target }: OutageAct): readonly PartName[] {
  return target === 'apis' ? APIS : WORKERS;
}

async function breakLink(act: LinkAct, { stack, hit, pause }: Tools): Promise<void> {
  const { target, fault, direction, afterBytes, times, forMs } = act;
  const link = stack.links[target];
  const before = link.hits();
  link.inject({ kind: fault, direction, afterBytes, ...(times !== undefined && { times }) });
  await pause(forMs);
  link.heal();
  hit(`${target}.${direction}.${fault}`, link.hits() - before);
}

async function slowLink(act: SlowAct, { stack, hit, pause }: Tools): Promise<void> {
  const { target, delayMs, jitterMs, forMs } = act;
  const link = stack.links[target];
  link.slow({ delayMs, jitterMs });
  hit(`${target}.both.latency`);
  await pause(forMs);
  link.heal();
}
