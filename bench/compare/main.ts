/**
 * `npm run bench`: makegood beside its peers, on the same machine in the same run, in turns. Writes
 * what was measured to bench/results, and the tables and the chart of docs/benchmarks.md from that.
 * It stops by itself, ends only what it has started, and leaves nothing but those files.
 */
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from '../../src/launcher/command.ts';
import { Complaint } from '../../src/launcher/complaint.ts';
import { idOf } from './contender.ts';
import type { Contender } from './contender.ts';
import { root } from './ground.ts';
import { measure } from './measure.ts';
import { CONTENDERS, FULL, QUICK } from './plan.ts';
import type { Plan } from './plan.ts';
import { publish } from './publish.ts';
import { readResults, writeResults } from './results.ts';

const USAGE = `npm run bench [-- options]

  --quick            two loads in short windows, for within half an hour; else all six, two hours
  --only NAME,…      these contenders only, each as NAME or WORK/NAME; docs stay as they are
  --repeats N        rounds
  --seconds N        window of each load
  --report           measure nothing: write the docs again from bench/results
  --list             the contenders' names`;

await runCommand(USAGE, main);

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      repeats: { type: 'string' },
      seconds: { type: 'string' },
      report: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const results = join(root, 'bench', 'results');
  const file = join(results, 'comparison.json');
  if (options.list) {
    console.log(CONTENDERS.map(idOf).join('\n'));
    return;
  }
  if (options.report) {
    await publish(root, readResults(file));
    return;
  }
  const plan = planOf(options.quick ? QUICK : FULL, options);
  const contenders = chosen(options.only);
  const measured = await measure(contenders, plan, commandLine());
  mkdirSync(results, { recursive: true });
  if (options.only === undefined) {
    writeResults(file, measured);
    // As the record has it, so that the same comes of `--report`.
    await publish(root, readResults(file));
  } else {
    // Part of a comparison is none: it is for whoever tries something out.
    const aside = join(tmpdir(), 'makegood-bench.json');
    writeResults(aside, measured);
    console.log(`written: ${aside}`);
  }
}

function chosen(only: string | undefined): readonly Contender[] {
  if (only === undefined) return CONTENDERS;
  const names = only.split(',');
  const found = CONTENDERS.filter((each) => names.some((n) => n === each.name || n === idOf(each)));
  if (found.length === 0) throw new Complaint(`nobody is called ${only}: see --list`);
  return found;
}

function planOf(plan: Plan, { repeats, seconds }: { repeats?: string; seconds?: string }): Plan {
  return {
    ...plan,
    ...(repeats !== undefined && { repeats: Number(repeats) }),
    ...(seconds !== undefined && { seconds: Number(seconds) }),
  };
}

function commandLine(): string {
  const options = process.argv.slice(2).join(' ');
  return `npm run bench${options && ` -- ${options}`}`;
}
