/**
 * `npm run bench:flash -- --units 100 --buyers 10000`: a flash sale. That many buyers want one unit
 * each of the same SKU, 250 of them at any moment, over HTTP at two APIs with two workers, each a
 * process of its own; every buyer asks until the answer is final, and whoever is accepted waits for the
 * end. Prints how many were sold, what the others were told, and how long answers took; then the
 * checker of `npm run chaos` judges the parties' books. Exit 0: exactly the units were sold.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PARTIES } from '../test/faults/chaos/acts.ts';
import { readLines } from '../test/faults/chaos/lines.ts';
import type { Plan } from '../test/faults/chaos/plan.ts';
import type { PartyPlan } from '../test/faults/chaos/rates.ts';
import { askChecker } from '../test/faults/chaos/report.ts';
import { runChaos } from '../test/faults/chaos/run.ts';
import type { Story } from '../test/faults/chaos/stories.ts';
import { percentile } from './compare/statistics.ts';
import { AS_IN_PRODUCTION } from './under-load/stage.ts';

const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '100' },
    buyers: { type: 'string', default: '10000' },
    keep: { type: 'boolean', default: false },
  },
});
const [units, buyers] = [Number(values.units), Number(values.buyers)];
if (!(Number.isInteger(units) && units > 0 && Number.isInteger(buyers) && buyers > 0)) {
  console.error('usage: npm run bench:flash -- --units N --buyers N [--keep]');
  process.exit(2);
}

const TENANT = 'chaos-north';
const SKU = 'hot-north';
const folder = fileURLToPath(new URL('../.makegood/flash', import.meta.url));
const say = (line: string): void => console.log(`[flash] ${line}`);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
}

const outcome = await runChaos(planOf(), {
  ...{ folder, say, stop: stopping.signal, environment: AS_IN_PRODUCTION },
});
const { shelf, ends, statuses, answersMs } = readBooks();
say(`${units} units, ${buyers} buyers, 250 at a time, at two APIs and two workers`);
say(`shelf at the end: ${JSON.stringify(shelf)}`);
say(`final answers: ${JSON.stringify(statuses)}; of those accepted: ${JSON.stringify(ends)}`);
const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(answersMs, share));
say(
  `from sending to the answer of ${answersMs.length} POSTs: p50 ${p50}, p99 ${p99}, most ${most} ms`,
);
const sellingMs = outcome.times.drainedAt - outcome.times.startedAt;
say(`everything had ended after ${(sellingMs / 1_000).toFixed(1)} s`);
const { code, said } = await askChecker(folder);
console.log(said.trimEnd());
const exact = shelf['sold'] === Math.min(units, buyers) && shelf['reserved'] === 0;
say(exact ? 'exactly the units were sold' : 'WRONG: not the units that there are');
if (exact && code === 0 && !values.keep) rmSync(folder, { recursive: true });
process.exit(exact ? code : 1);

function planOf(): Plan {
  const stories = Array.from({ length: buyers }, (_, n): Story => ({
    n,
    atMs: 0,
    kind: 'hot',
    tenant: TENANT,
    key: `flash-${n}`,
    body: {
      lines: [{ sku: SKU, quantity: 1 }],
      customer: { email: `buyer-${n}@flash.example`, name: 'A Buyer' },
      shippingAddress: {
        name: 'A Buyer',
        line1: `${n} Queue Street`,
        city: 'London',
        postalCode: 'SW1Y 4JH',
        country: 'GB',
      },
      paymentMethod: 'pm_card_visa',
    },
    senders: 1,
    follows: 'waits',
    refunds: [],
    together: false,
  }));
  const faultless: PartyPlan = { seed: 1, rates: {}, mostPerOrder: 1, delayMs: 1 };
  return {
    orders: buyers,
    // So many clients at once that the crowd's own limit is the only one.
    seconds: 1,
    seed: 'flash',
    shelf: [{ tenant: TENANT, sku: SKU, unitPrice: 2_500, available: units }],
    stories,
    acts: [],
    rates: Object.fromEntries(PARTIES.map((party) => [party, faultless])) as Plan['rates'],
  };
}

interface Seen {
  readonly at: number;
  readonly call: number;
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly status?: number;
}

function readBooks() {
  const posts = (readLines(folder, 'clients.jsonl') as readonly Seen[]).filter(
    ({ method, path }) => method === 'POST' && path === '/v1/orders',
  );
  const sent = new Map(
    posts.filter(({ kind }) => kind === 'send').map(({ call, at }) => [call, at]),
  );
  const answers = posts.filter(({ kind }) => kind === 'answer');
  const stock = readLines(folder, 'database/stock.jsonl') as readonly Record<string, unknown>[];
  const { available, reserved, sold } = stock.find(({ sku }) => sku === SKU) ?? {};
  return {
    shelf: { available, reserved, sold },
    ends: counted(outcome.memory.ends.values()),
    statuses: counted(answers.map(({ status }) => status)),
    answersMs: answers.map(({ at, call }) => at - (sent.get(call) ?? at)),
  };
}

function counted(all: Iterable<unknown>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const one of all) counts[String(one)] = (counts[String(one)] ?? 0) + 1;
  return counts;
}
