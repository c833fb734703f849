/** Everything that a run leaves behind for the checker besides what the parties wrote themselves. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Memory } from './client.ts';
import { dumpDatabase, dumpRuns } from './dumps.ts';
import { readFinally } from './final-reads.ts';
import { hitsAtListener, hitsAtParties } from './hits.ts';
import { readLines } from './lines.ts';
import type { Nemesis } from './nemesis.ts';
import type { Plan } from './plan.ts';
import { poisonedOrders } from './poisoned.ts';
import { BUDGETS, STRIPE_KEY } from './stack.ts';
import type { Stack } from './stack.ts';
import { GATEWAY_SECRET } from './strangers.ts';
import { CARD_CANARY, KEY_CANARY, NAME_CANARY } from './stories.ts';
import { TENANTS } from './shelf.ts';

export interface Times {
  readonly startedAt: number;
  readonly healedAt: number;
  readonly drainedAt: number;
}

export async function gatherEvidence(run: {
  readonly folder: string;
  readonly plan: Plan;
  readonly stack: Stack;
  readonly memory: Memory;
  readonly nemesis: Nemesis;
  readonly times: Times;
}): Promise<{ readonly hits: Readonly<Record<string, number>>; readonly lostAnswers: number }> {
  const { folder, plan, stack, memory, nemesis, times } = run;
  await readFinally(stack, memory, folder);
  await dumpDatabase(stack.database.adminUrl, folder);
  const histories = await dumpRuns(stack.temporalAddress, folder);
  const atParties = await hitsAtParties(stack.partyUrls);
  const atListener = hitsAtListener(folder);
  const hits = { ...nemesis.hits, ...atParties.hits, ...atListener.hits };
  const lostAnswers = atParties.lostAnswers + atListener.lostAnswers + lostOnLinks(nemesis.hits);
  const { seed, orders, seconds, shelf, acts, rates } = plan;
  writeJson(folder, 'run.json', {
    seed,
    commit: commitOf(),
    orders,
    seconds,
    ...Object.fromEntries(
      Object.entries(times).map(([name, at]) => [name, new Date(at as number).toISOString()]),
    ),
    tenants: TENANTS,
    stock: Object.fromEntries(shelf.map(({ sku, available }) => [sku, available])),
    plan: acts,
    rates,
    hits,
    lostAnswers,
    missedActs: nemesis.missed(),
    unresolvable: unresolvable(folder),
    deeds: nemesis.deeds,
    strange: nemesis.strange,
    budgets: { hotAttempts: BUDGETS.hotAttempts, callsPerOrder: CALLS_PER_ORDER },
    histories,
    ownDeaths: Object.fromEntries(
      Object.entries(stack.parts).map(([name, part]) => [name, part.ownDeaths()]),
    ),
  });
  writeJson(folder, 'canaries.json', canaries(stack));
  return { hits, lostAnswers };
}

// A smooth order needs three calls, one that is made good five; the rest is for faults.
const CALLS_PER_ORDER = 20;

/** Poisoned, and waiting for a person: what the operators' queue may hold. */
function unresolvable(folder: string): readonly string[] {
  const poisoned = poisonedOrders(folder);
  const list = readLines(folder, 'final/list.jsonl') as readonly {
    readonly id: string;
    readonly needsOperator: boolean;
  }[];
  return list
    .filter(({ id, needsOperator }) => needsOperator && poisoned.includes(id))
    .map(({ id }) => id);
}

/** What came back was swallowed: it had been asked for, and most often done. */
function lostOnLinks(hits: Readonly<Record<string, number>>): number {
  return Object.entries(hits)
    .filter(([what]) => what.includes('.down.'))
    .reduce((sum, [, times]) => sum + times, 0);
}

function canaries({ apiKeys, database, webhookSecret }: Stack): unknown[] {
  const clients = ['clients.jsonl'];
  return [
    ...TENANTS.map((tenant) => ({ name: `${tenant}'s key`, value: apiKeys[tenant], allowed: [] })),
    { name: 'the gateway key', value: STRIPE_KEY, allowed: [] },
    { name: 'what the gateway signs with', value: GATEWAY_SECRET, allowed: [] },
    ...(webhookSecret === undefined
      ? []
      : [{ name: 'what webhooks are signed with', value: webhookSecret, allowed: [] }]),
    { name: 'the database password', value: new URL(database.url).password, allowed: [] },
    { name: 'an idempotency key', value: KEY_CANARY, allowed: clients },
    { name: 'a card number', value: CARD_CANARY, allowed: clients },
    {
      name: 'a customer’s name',
      value: NAME_CANARY,
      allowed: [...clients, 'mails.jsonl', 'database/order.jsonl'],
    },
    {
      name: 'a customer’s address',
      value: 'Cage Street',
      allowed: [...clients, 'database/order.jsonl'],
    },
    {
      name: 'a customer’s e-mail',
      value: '@chaos.example',
      allowed: [...clients, 'mails.jsonl', 'database/order.jsonl'],
    },
  ];
}

function commitOf(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

function writeJson(folder: string, name: string, content: unknown): void {
  writeFileSync(join(folder, name), `${JSON.stringify(content, undefined, 2)}\n`);
}
