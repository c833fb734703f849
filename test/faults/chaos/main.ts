/**
 * `npm run chaos -- --orders N --seconds S --seed X [--plan] [--keep]`: real processes, clients that
 * do not give up, a nemesis, and a checker that knows nothing of the engine. Exit 0: passed.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawPlan } from './plan.ts';
import { askChecker, describe, leftOut } from './report.ts';
import { runChaos } from './run.ts';

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: randomBytes(4).toString('hex') },
    plan: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const [orders, seconds] = [Number(values.orders), Number(values.seconds)];
// Part of request IDs and of a folder's name.
if (!(orders > 0 && seconds > 0 && /^[\w-]{1,32}$/.test(values.seed))) {
  console.error('usage: npm run chaos -- --orders N --seconds S --seed X [--plan] [--keep]');
  process.exit(2);
}

const plan = drawPlan({ orders, seconds, seed: values.seed, later: true });
if (values.plan) {
  const shown = `${JSON.stringify(plan, undefined, 2)}\n`;
  // To its end: an exit would cut what whoever listens has not taken yet.
  await new Promise<void>((written) => process.stdout.write(shown, () => written()));
  process.exit(0);
}

const folder = fileURLToPath(new URL(`../../../.makegood/chaos/${plan.seed}`, import.meta.url));
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Its children go by themselves when it is gone.
    if (stopping.signal.aborted) process.exit(2);
    stopping.abort(new Error(`stopped by ${signal}`));
  });
}
const say = (line: string): void => console.log(`[chaos] ${line}`);

// The drain's quarter of an hour, and as long for everything around it.
const MOST_MS = seconds * 1_000 + 30 * 60_000;
setTimeout(() => {
  say('it has taken far too long: given up');
  process.exit(2);
}, MOST_MS).unref();

say(`seed ${plan.seed}: ${orders} orders in ${seconds} s, ${plan.acts.length} acts`);
const outcome = await runChaos(plan, { folder, say, webhooks: true, stop: stopping.signal }).catch(
  (error: unknown) => {
    say(String(error));
    return undefined;
  },
);
if (outcome === undefined) process.exit(2);
for (const line of [...describe(outcome), ...leftOut()]) say(line);
const { code, said } = await askChecker(folder);
console.log(said.trimEnd());
const again = `npm run chaos -- --orders ${orders} --seconds ${seconds} --seed ${plan.seed}`;
say(`${['passed', 'failed'][code] ?? 'unknown'}; the same plan again: ${again}`);
if (code === 0 && !values.keep) rmSync(folder, { recursive: true });
else say(`the evidence is in ${folder}`);
process.exit(code);
