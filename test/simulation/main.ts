/**
 * `npm run simulate -- --sagas 100000 --seed 7`: tells stories until so many sagas have ended, and
 * says what they met. A violation ends it with 1, and with the smallest story that still has it;
 * `--path` tells that one again.
 */
import { parseArgs } from 'node:util';
import { check } from './check.ts';
import { inWords } from './telling.ts';

const { values } = parseArgs({
  options: {
    sagas: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    path: { type: 'string' },
  },
});
const sagas = Number(values.sagas);
const seed = Number(values.seed);

// Errors are ordinary here, and nobody reads where they come from.
Error.stackTraceLimit = 0;
const began = performance.now();
let nextWord = began;
console.log(`${sagas} sagas, seed ${seed}`);
const checked = await check({
  sagas,
  seed,
  path: values.path,
  onStory(told) {
    if (performance.now() < nextWord) return;
    nextWord = performance.now() + 2_000;
    console.log(`  ${told} sagas, ${speed(told)}`);
  },
});
const { stories, hits, failure } = checked;
console.log(`${checked.sagas} sagas in ${stories} stories, ${speed(checked.sagas)}`);
for (const [what, times] of [...hits].sort())
  console.log(`  ${String(times).padStart(7)}  ${what}`);
if (failure === undefined) console.log('verdict: passed, every invariant held');
else {
  console.log(await inWords(failure.story));
  console.log(`verdict: failed after ${failure.after} sagas`);
  console.log(`again: npm run simulate -- --seed ${seed} --path ${failure.path}`);
  process.exitCode = 1;
}

function speed(told: number): string {
  const seconds = (performance.now() - began) / 1_000;
  const cpu = process.cpuUsage();
  const perCpu = told / ((cpu.user + cpu.system) / 1e6);
  return `${Math.round(told / seconds)} a second, ${Math.round(perCpu)} a second of CPU`;
}
