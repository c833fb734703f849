/**
 * `npm run mutants [-- --only <group or words>] [--jobs 2] [--write]`: takes one rule after another
 * out of a copy of the project, and runs the suite that has to notice. Fails if one does not.
 * `--write` brings the tables of docs/mutants.md up to date, as far as they were tried.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { GROUPS } from '../test/mutants/index.ts';
import type { Mutant } from '../test/mutants/mutant.ts';
import { tryMutants } from '../test/mutants/trial.ts';
import type { Trial } from '../test/mutants/trial.ts';

// Each is a whole run of a suite, with servers of its own.
const MOST_JOBS = 2;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCS = fileURLToPath(new URL('../docs/mutants.md', import.meta.url));

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const { only, write } = values;
const all = Object.values(GROUPS).flat();
const mutants = GROUPS[only ?? ''] ?? all.filter(({ name }) => name.includes(only ?? ''));
if (mutants.length === 0) throw new Error(`the groups are: ${Object.keys(GROUPS).join(', ')}`);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());

const trials = await tryMutants(ROOT, mutants, {
  jobs: Math.min(Number(values.jobs) || 1, MOST_JOBS),
  signal: stop.signal,
  onTrial: ({ mutant, verdict, by, found = '', seconds }) => {
    console.log(`${verdict.padEnd(8)} ${seconds.toString().padStart(4)} s  ${mutant.name}`);
    if (by !== '') console.log(`                 ${by}${found && `\n                 ${found}`}`);
  },
});
const caught = trials.filter(({ verdict }) => verdict === 'caught');
console.log(`${caught.length} of ${mutants.length} mutants are caught`);
if (write) await writeTables();
process.exitCode = caught.length < mutants.length ? 1 : 0;

async function writeTables(): Promise<void> {
  let text = await readFile(DOCS, 'utf8');
  for (const [group, list] of Object.entries(GROUPS)) {
    text = withTable(text, group, list);
  }
  const options = { ...(await resolveConfig(DOCS)), filepath: DOCS };
  await writeFile(DOCS, await format(text, options));
}

function withTable(text: string, group: string, list: readonly Mutant[]): string {
  const [begin, end] = [`<!-- mutants: ${group} -->`, `<!-- /mutants: ${group} -->`];
  const between = new RegExp(`${begin}[^]*${end}`);
  const [table = ''] = between.exec(text) ?? [];
  if (table === '') throw new Error(`docs/mutants.md has no ${begin} … ${end}`);
  const rows = list.map((mutant) => {
    const trial = trials.find((one) => one.mutant === mutant);
    const known = table.split('\n').find((line) => line.startsWith(`| ${escaped(mutant.name)} `));
    return trial === undefined
      ? (known ?? rowOf(mutant, '**not tried**'))
      : rowOf(mutant, noticed(trial));
  });
  const head = '| Broken | In | Noticed by |\n| --- | --- | --- |';
  return text.replace(between, () => [begin, '', head, ...rows, '', end].join('\n'));
}

function rowOf({ name, file }: Mutant, notice: string): string {
  return `| ${[name, `\`${file}\``, notice].map(escaped).join(' | ')} |`;
}

function noticed({ verdict, by }: Trial): string {
  return verdict === 'caught' ? by : `**${verdict}** ${by}`;
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
