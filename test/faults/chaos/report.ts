/** What a run says of itself at its end: how much was asked and broken, and what the checker found. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Memory } from './client.ts';
import type { Courier } from './courier.ts';
import { isNothing } from './drain.ts';
import type { Left } from './drain.ts';
import type { Times } from './evidence.ts';
import type { Plan } from './plan.ts';
import { LEFT_OUT } from './left-out.ts';
import { linesIfAny, readLines } from './lines.ts';
import { LATER } from './shelf.ts';
import type { Tenant } from './shelf.ts';

export interface Outcome {
  readonly plan: Plan;
  readonly folder: string;
  readonly memory: Memory;
  readonly courier: Courier;
  readonly times: Times;
  readonly left: Left;
  readonly hits: Readonly<Record<string, number>>;
  readonly lostAnswers: number;
  readonly missed: number;
  readonly ownDeaths: number;
  readonly samples: number;
}

export function describe(outcome: Outcome): readonly string[] {
  const { plan, memory, courier, left, hits, lostAnswers, missed, samples } = outcome;
  const { requests, retries, lost, pushedBack } = courier.counts;
  const total = Object.values(hits).reduce((sum, times) => sum + times, 0);
  const drained = isNothing(left) ? 'everything has ended' : `left: ${JSON.stringify(left)}`;
  return [
    `orders: ${plan.stories.length} attempted, ${memory.acknowledged.size} accepted`,
    `  by end: ${inWords(endsIn(outcome.folder))}`,
    `  first answers by status: ${inWords(Object.fromEntries(memory.answers))}`,
    `requests: ${requests}, of them ${retries} retries; ${lost} answers lost on the clients, ${pushedBack} "not now"`,
    ...shippedIn(outcome),
    ...toldIn(outcome.folder),
    `faults that hit: ${total} (${plan.acts.length} acts, ${missed} missed); answers lost outside: ${lostAnswers}`,
    ...Object.entries(byKind(hits)).map(([kind, words]) => `  ${kind}: ${words}`),
    `processes that ended by themselves: ${outcome.ownDeaths}; snapshots: ${samples}`,
    `after the heal: ${drained}; the last end came ${lastEndSeconds(outcome)} s after it,` +
      ` the drain took ${seconds(outcome.times.drainedAt - outcome.times.healedAt)} s`,
  ];
}

export function leftOut(): readonly string[] {
  return ['faults left out:', ...LEFT_OUT.map(([faults, why]) => `  ${faults}: ${why}`)];
}

const checker = fileURLToPath(new URL('../checker/main.ts', import.meta.url));

/** What it said, and its exit code: 0 passed, 1 failed, 2 unknown. */
export async function askChecker(
  folder: string,
): Promise<{ readonly code: number; readonly said: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', checker, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 2, said };
}

interface Row {
  readonly status: string;
  readonly reason?: string;
  readonly needsOperator: boolean;
  readonly tenant: Tenant;
  readonly shipments?: readonly { readonly status: string }[];
}

/** Of orders that are captured at shipment, where there were any. */
function shippedIn({ plan, folder }: Outcome): readonly string[] {
  if (plan.later !== true) return [];
  const rows = readLines(folder, 'final/list.jsonl') as readonly Row[];
  const later = rows.filter(({ tenant }) => tenant === LATER);
  const sent = later.map(
    ({ shipments = [] }) => shipments.filter(({ status }) => status === 'shipped').length,
  );
  const shipments = sent.reduce((sum, count) => sum + count, 0);
  const inParts = sent.filter((count) => count > 1).length;
  const byEnd = inWords(endsOf(later));
  return [
    `captured at shipment: ${later.length} orders (${byEnd}), ${shipments} shipments; ${inParts} in parts`,
  ];
}

/** Of the gateway's events and of webhooks, where there were any. */
function toldIn(folder: string): readonly string[] {
  const tries = (linesIfAny(folder, 'gateway-events.jsonl') as readonly Try[]).filter(
    ({ operation }) => operation === 'webhook',
  );
  if (tries.length === 0) return [];
  const webhooks = linesIfAny(folder, 'webhooks.jsonl') as readonly { readonly id: string }[];
  const kept = linesIfAny(folder, 'database/gateway_event.jsonl').length;
  const events = distinct(tries.map(({ event }) => event));
  return [
    `events of the gateway: ${events}, in ${tries.length} tries; ${kept} are kept`,
    `webhooks: ${distinct(webhooks.map(({ id }) => id))}, in ${webhooks.length} requests`,
  ];
}

interface Try {
  readonly operation: string;
  readonly event: string;
}

function distinct(ids: readonly string[]): number {
  return new Set(ids).size;
}

function endsIn(folder: string): Record<string, number> {
  return endsOf(readLines(folder, 'final/list.jsonl') as readonly Row[]);
}

function endsOf(rows: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, reason, needsOperator } of rows) {
    const why = reason !== undefined && reason !== status ? ` (${reason})` : '';
    const what = `${status}${why}${needsOperator ? ', needs an operator' : ''}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

/** `gateway.capture.hang: 3` becomes a word in the line of its kind. */
function byKind(hits: Readonly<Record<string, number>>): Record<string, string> {
  const kinds: Record<string, Record<string, number>> = {};
  for (const [what, times] of Object.entries(hits)) {
    const [where = '', operation = '', fault = ''] = what.split('.');
    const kind = kindOf(where, operation);
    const counts = (kinds[kind] ??= {});
    const name = kind === 'at the parties' ? `${where} ${fault}` : fault;
    counts[name] = (counts[name] ?? 0) + times;
  }
  return Object.fromEntries(Object.entries(kinds).map(([kind, counts]) => [kind, inWords(counts)]));
}

function kindOf(where: string, operation: string): string {
  if (where.includes('>')) return 'on links';
  if (operation === 'process') return 'to processes';
  if (where === 'postgres') return 'in PostgreSQL';
  return where === 'operator' ? 'by operators' : 'at the parties';
}

function inWords(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([what, count]) => `${what} ${count}`)
    .join(', ');
}

/** From the orders' own events, so that it is no later than what waited for it. */
function lastEndSeconds({ folder, times }: Outcome): string {
  const orders = readLines(folder, 'final/orders.jsonl') as readonly {
    readonly order: { readonly updatedAt?: string };
  }[];
  const ends = orders.map(({ order }) => Date.parse(order.updatedAt ?? ''));
  const last = ends.reduce((latest, at) => Math.max(latest, at), 0);
  return seconds(Math.max(0, last - times.healedAt));
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
