/**
 * `npm run bench:overload -- --minutes 5 --times 3`: more than it can take. Finds out how many orders
 * two APIs and two workers can end in a second, then sends so many times as many, whether or not they
 * are answered, and judges what comes of it, line by line: shed early, accepted orders within their
 * bound, no congestion collapse, memory flat, recovered soon, and the books right. Exit 0: all of it.
 */
import { parseArgs } from 'node:util';
import { percentile } from './compare/statistics.ts';
import { endedBetween, secondsToDecision, untilIdle } from './under-load/books.ts';
import { createCrowd } from './under-load/crowd.ts';
import type { Crowd } from './under-load/crowd.ts';
import { keepResult } from './under-load/result.ts';
import { onStage } from './under-load/stage.ts';
import type { Stage } from './under-load/stage.ts';
import { inWords, judgeOverload, line } from './under-load/verdict.ts';
import { memoryByProcess, ourMemory, watch } from './under-load/watch.ts';
import type { Sample } from './under-load/watch.ts';
import { findCapacity, warmUp } from './under-load/capacity.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    times: { type: 'string', default: '3' },
  },
});
const [minutes, times] = [Number(values.minutes), Number(values.times)];
if (!(minutes > 0 && times > 0)) {
  console.error('usage: npm run bench:overload -- --minutes N --times N');
  process.exit(2);
}

const NAME = 'overload';

async function overload(stage: Stage) {
  const { say, stack } = stage;
  const { adminUrl } = stack.database;
  const crowd = createCrowd(stage);
  await warmUp(crowd);
  const unloadedMs = await crowd.probe(PROBES);
  say(`without load: decided after ${Math.round(percentile(unloadedMs, 0.5))} ms (p50)`);
  const capacity = await findCapacity(stage, crowd);
  say(`capacity: ${capacity.toFixed(1)} orders/s`);
  await untilIdle(adminUrl);

  const before = crowd.asked.length;
  const watching = watch(adminUrl, WATCH_MS);
  const telling = setInterval(() => say(told(crowd, watching.samples)), TELL_MS);
  const startedAt = Date.now();
  const endsAt = startedAt + minutes * 60_000;
  const offered = times * capacity;
  say(`overload: ${offered.toFixed(1)} orders/s for ${minutes} minutes`);
  const sending = crowd.openLoop(offered, endsAt);
  await sending;
  const stoppedAt = Date.now();
  clearInterval(telling);
  await watching.stop();
  const recoverySeconds = await recover(stage, crowd, { unloadedMs, stoppedAt });

  const { ended } = await endedBetween(adminUrl, startedAt, endsAt);
  const asked = crowd.asked.slice(before).filter(({ at }) => at <= endsAt);
  const sent = asked.filter(({ purpose }) => purpose === 'new').length;
  const seconds = (endsAt - startedAt) / 1_000;
  const seen = {
    ...{ capacity, goodput: ended / seconds, offered: sent / seconds, asked },
    secondsToDecision: await secondsToDecision(adminUrl, startedAt, endsAt),
    memory: mibOf(ourMemory(watching.samples)),
    ...{ unloadedMs, recoverySeconds },
  };
  const verdict = judgeOverload(seen);
  const { code: checked, said } = await stage.judge();
  console.log(said.trimEnd());
  const lines = [
    ...verdict,
    line(checked === 0, 'the books of all parties agree, says the checker'),
  ];
  const series = watching.samples.map(({ backlog: { waiting, undecided } }) => [
    waiting,
    undecided,
  ]);
  const memory = memoryByProcess(watching.samples);
  keepResult(NAME, { minutes, times, capacity, lines, waitingAndUndecided: series, memory });
  return lines;
}

const PROBES = 20;
const WATCH_MS = 1_000;
const TELL_MS = 10_000;

function told({ asked }: Crowd, samples: readonly Sample[]): string {
  const { waiting = 0, undecided = 0, unended = 0 } = samples.at(-1)?.backlog ?? {};
  const last = asked.filter(({ at }) => at > Date.now() - TELL_MS);
  const count = (status: number) => last.filter((each) => each.status === status).length;
  return (
    `waiting ${waiting}, undecided ${undecided}, unended ${unended};` +
    ` answers of 10 s: ${count(202)} accepted, ${count(503)} refused`
  );
}

// Decisions in a row that say how fast they are now.
const A_FEW = 5;

// Of milliseconds a few more or less are nothing.
const AS_FAST = { times: 1.5, ms: 50 };

/** Seconds until nothing is left to do, and decisions take no longer than before the load. */
async function recover(
  { stack, say }: Stage,
  crowd: Crowd,
  { unloadedMs, stoppedAt }: { readonly unloadedMs: readonly number[]; readonly stoppedAt: number },
): Promise<number> {
  await untilIdle(stack.database.adminUrl);
  say(`nothing left to do after ${((Date.now() - stoppedAt) / 1_000).toFixed(1)} s`);
  const asFast = AS_FAST.times * percentile(unloadedMs, 0.5) + AS_FAST.ms;
  while (percentile(await crowd.probe(A_FEW), 0.5) > asFast);
  return (Date.now() - stoppedAt) / 1_000;
}

function mibOf(memory: ReturnType<typeof ourMemory>): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    Object.entries(memory).map(([name, series]) => [name, series.map(({ mib }) => mib)]),
  );
}

let code = 1;
await onStage({ name: NAME }, async (stage) => {
  const lines = await overload(stage);
  for (const each of lines) stage.say(inWords(each));
  code = lines.every(({ passed }) => passed) ? 0 : 1;
});
process.exit(code);
