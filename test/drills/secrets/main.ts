/**
 * `npm run drill:secrets -- [--per-second N] [--only "gateway key"]`: every secret rotated under load,
 * on two APIs and two workers that are restarted one by one. Exit 0: no order noticed.
 */
import { parseArgs } from 'node:util';
import { rotateSecrets } from './drill.ts';
import { ROTATIONS } from './rotations.ts';

const { values } = parseArgs({
  options: {
    'per-second': { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const rotations = Object.keys(ROTATIONS).filter(
  (name) => values.only === undefined || values.only === name,
);
const perSecond = Number(values['per-second']);
if (!(perSecond > 0) || rotations.length === 0) {
  console.error('usage: npm run drill:secrets -- [--per-second N] [--only <name of a secret>]');
  process.exit(2);
}
const say = (line: string): void => console.log(`[secrets] ${line}`);
say(`to be rotated: ${rotations.join(', ')}`);
const rotated = await rotateSecrets({ perSecond, rotations, restMs: 5_000, say });
const { placed, completed, failures, refused, mails } = rotated;
say(
  `orders: ${placed} placed, ${completed} completed, ${failures.length} failed, ${mails} receipts`,
);
say(`secrets refused while they were in use: ${refused}`);
for (const failure of failures) say(`  ${failure}`);
const isGood = failures.length === 0 && completed === placed && refused === 0 && mails === placed;
say(isGood ? 'passed' : 'failed');
process.exit(isGood ? 0 : 1);
