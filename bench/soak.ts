/**
 * `npm run bench:soak -- --minutes 30 --share 0.7`: below what it can take, for long. Finds the capacity,
 * sends that share of it on Temporal's production server with a short retention, and judges what it
 * leaves behind: memory of each process, bloat of the books, growth of Temporal, and the books
 * themselves. `--rate N` sends N orders a second instead. Exit 0: all of it holds.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readLines } from '../test/faults/chaos/lines.ts';
import { secondsToDecision, untilIdle } from './under-load/books.ts';
import { findCapacity, warmUp } from './under-load/capacity.ts';
import { createCrowd } from './under-load/crowd.ts';
import { watchGrowth } from './under-load/growth.ts';
import { keepResult } from './under-load/result.ts';
import { noteRuns, serverThatForgets } from './under-load/soak-server.ts';
import type { RunBook } from './under-load/soak-server.ts';
import { judgeSoak } from './under-load/soak-verdict.ts';
import { onStage } from './under-load/stage.ts';
import type { Stage } from './under-load/stage.ts';
import { inWords, line } from './under-load/verdict.ts';
import { memoryByProcess, ourMemory, watch } from './under-load/watch.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    share: { type: 'string', default: '0.7' },
    rate: { type: 'string' },
  },
});
const [minutes, share] = [Number(values.minutes), Number(values.share)];
const rate = Number(values.rate ?? 0);
if (!(minutes > 0 && share > 0 && rate >= 0)) {
  console.error('usage: npm run bench:soak -- --minutes N --share N [--rate N]');
  process.exit(2);
}

const NAME = 'soak';

// A sixth: most orders of a run are forgotten before its end.
const retentionSeconds = Math.ceil(minutes * 10);

async function soak(stage: Stage, runs: RunBook) {
  const { say, stack } = stage;
  const { adminUrl } = stack.database;
  const crowd = createCrowd(stage);
  await warmUp(crowd);
  const perSecond = rate || share * (await findCapacity(stage, crowd));
  say(`${perSecond.toFixed(1)} orders/s for ${minutes} minutes; retention ${retentionSeconds} s`);
  const before = crowd.asked.length;
  const startedAt = Date.now();
  const endsAt = startedAt + minutes * 60_000;
  const watching = watch(adminUrl, WATCH_MS);
  const growing = watchGrowth(adminUrl, GROWTH_MS);
  const telling = setInterval(() => say(JSON.stringify(growing.samples.at(-1))), TELL_MS);
  await crowd.openLoop(perSecond, endsAt);
  clearInterval(telling);
  await untilIdle(adminUrl);
  await Promise.all([watching.stop(), growing.stop(), runs.stop()]);

  const asked = crowd.asked.slice(before);
  const orders = asked.filter(({ purpose }) => purpose === 'new');
  const soaked = {
    ...{ seconds: (endsAt - startedAt) / 1_000, retentionSeconds, orders: orders.length },
    refused: orders.filter(({ status }) => status === 429 || status === 503).length,
    unanswered: asked.filter(({ status }) => status === 0).length,
    secondsToDecision: await secondsToDecision(adminUrl, startedAt, endsAt),
    memory: ourMemory(watching.samples),
    growth: growing.samples,
  };
  const verdict = judgeSoak(soaked);
  const { code: checked, said } = await stage.judge();
  console.log(said.trimEnd());
  const lines = [
    ...verdict,
    line(checked === 0, 'the books of all parties agree, says the checker'),
  ];
  const { growth } = soaked;
  const memory = memoryByProcess(watching.samples);
  keepResult(NAME, { minutes, share, perSecond, retentionSeconds, lines, growth, memory });
  return lines;
}

const WATCH_MS = 5_000;
const GROWTH_MS = 15_000;
const TELL_MS = 60_000;

// Several times within the retention.
const NOTE_MS = Math.min(20_000, (1_000 * retentionSeconds) / 4);

// The checker's sums read all of the books: seldom, or they would be the load.
const SAMPLE_MS = 15_000;

/** What Temporal has forgotten, as it was noted when it had not. */
function addForgotten(folder: string, { runs }: RunBook): void {
  const kept = readLines(folder, 'runs.jsonl') as readonly { readonly runId: string }[];
  const known = new Set(kept.map(({ runId }) => runId));
  const forgotten = [...runs.values()].filter(({ runId }) => !known.has(runId));
  const lines = forgotten.map((run) => `${JSON.stringify(run)}\n`);
  appendFileSync(join(folder, 'runs.jsonl'), lines.join(''));
}

let code = 1;
let runs: RunBook | undefined;
const temporal = serverThatForgets(retentionSeconds);
const scene = {
  ...{ name: NAME, temporal, sampleMs: SAMPLE_MS },
  beforeJudging: (folder: string) => runs && addForgotten(folder, runs),
};
await onStage(scene, async (stage) => {
  runs = noteRuns(stage.stack.temporalAddress, NOTE_MS);
  const lines = await soak(stage, runs);
  for (const each of lines) stage.say(inWords(each));
  code = lines.every(({ passed }) => passed) ? 0 : 1;
});
process.exit(code);
