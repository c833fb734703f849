/**
 * `npm run drill:webhooks -- [--deliveries 10000] [--seed N]`: exit 0 when every event came to every
 * endpoint, with a signature that `standardwebhooks` takes.
 */
import { parseArgs } from 'node:util';
import { mochaGlobalSetup, mochaGlobalTeardown } from '../../support/global.ts';
import { drillWebhooks } from './drill.ts';

const { values } = parseArgs({
  options: {
    deliveries: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});
const [deliveries, seed] = [Number(values.deliveries), Number(values.seed)];
if (!(deliveries > 0) || !Number.isInteger(seed)) {
  console.error('usage: npm run drill:webhooks -- [--deliveries N] [--seed N]');
  process.exit(2);
}
const say = (line: string): void => console.log(`[webhooks] ${line}`);
await mochaGlobalSetup();
let isGood = false;
try {
  const { orders, kills, seconds, judged } = await drillWebhooks({
    deliveries,
    seed,
    killEveryMs: 5_000,
    say,
  });
  say(`${orders} orders, APIs killed ${kills} times, ${seconds} s`);
  for (const { kind, received, distinct, wrong } of judged) {
    say(`${kind}: ${distinct} events in ${received} requests, ${wrong.length} wrong`);
    for (const line of wrong.slice(0, 20)) say(`  ${line}`);
  }
  const [all, wrong] = [
    judged.reduce((sum, { distinct }) => sum + distinct, 0),
    judged.flatMap((one) => one.wrong),
  ];
  isGood = all >= deliveries && wrong.length === 0;
  say(`${all} deliveries, every signature checked: ${isGood ? 'passed' : 'failed'}`);
} finally {
  await mochaGlobalTeardown();
}
process.exit(isGood ? 0 : 1);
