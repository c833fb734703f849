/**
 * `npm run bench:idle [-- --seconds 120]`: what the stack that `npm start` runs costs while nobody asks
 * anything of it: CPU by part, in percent of one core, in so many pieces as the time has minutes. Exit 1
 * where all of it together costs more than 5 %.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inRange } from './compare/statistics.ts';
import { cpuOfStack, difference } from './processes.ts';

// The target of all of it together, in percent of one core.
const MOST = 5;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '120' } } });
const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const seconds = Number(values.seconds);
const pieces = Math.max(1, Math.round(seconds / 60));

const parts = new Map<string, number[]>();
let before = cpuOfStack(root);
if (Object.keys(before).length === 0) {
  throw new Error('Nothing runs here: start the stack with `npm start` first.');
}
const started = before;
for (let piece = 0; piece < pieces; piece += 1) {
  await delay((seconds / pieces) * 1_000);
  const after = cpuOfStack(root);
  for (const [part, used] of Object.entries(difference(after, before))) {
    parts.set(part, [...(parts.get(part) ?? []), (used * pieces * 100) / seconds]);
  }
  before = after;
}
for (const [part, shares] of parts) console.log(`${part}: ${inRange(shares)} %`);
const all = Object.values(difference(before, started)).reduce((sum, used) => sum + used, 0);
const share = (all * 100) / seconds;
console.log(`all: ${share.toFixed(2)} % of one core over ${seconds} s; the target is ${MOST} %`);
process.exitCode = share < MOST ? 0 : 1;
