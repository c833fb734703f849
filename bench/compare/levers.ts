/**
 * `npm run bench:levers`: makegood's engine on five no-op steps with one setting changed at a time,
 * in turns with it as it is. What each changes, as a ratio within the round, goes to
 * docs/benchmarks.md. A lever is pulled in the product only if its gain shows here; it changes nothing
 * by itself.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from '../../src/launcher/command.ts';
import { Complaint } from '../../src/launcher/complaint.ts';
import { writeSections } from '../page.ts';
import type { Contender } from './contender.ts';
import { onTemporal } from './contenders/temporal.ts';
import { root } from './ground.ts';
import { LEVERS } from './lever-list.ts';
import { measure } from './measure.ts';
import { QUICK } from './plan.ts';
import { readResults, writeResults } from './results.ts';
import type { Results } from './results.ts';
import { inRange } from './statistics.ts';
import { ratiosOf } from './summary.ts';
import type { Pick } from './summary.ts';
import { aboutThis, table } from './tables.ts';

/** Whose settings are the engine's. */
const ABOUT = ['PostgreSQL', 'Temporal', 'Temporal worker', 'windows'];

const USAGE = `npm run bench:levers [-- options]

  --only NAME,…   these levers only, for the screen: ${LEVERS.map(({ name }) => name).join(', ')}
  --repeats N     rounds (3)
  --seconds N     window of each load (8)
  --report        the last results once more, with today's choices`;

await runCommand(USAGE, async () => {
  const { values: options } = parseArgs({
    options: {
      only: { type: 'string' },
      repeats: { type: 'string', default: String(QUICK.repeats) },
      seconds: { type: 'string', default: String(QUICK.seconds) },
      report: { type: 'boolean', default: false },
    },
  });
  const file = join(root, 'bench', 'results', 'levers.json');
  if (options.report) {
    await writeSections(root, { levers: tableOf(readResults(file)) });
    return;
  }
  const names = options.only?.split(',');
  const levers = LEVERS.filter(({ name }) => names?.includes(name) ?? true);
  if (levers.length === 0) throw new Complaint(`there is no lever ${options.only ?? ''}`);
  const contenders: readonly Contender[] = [
    onTemporal('bare', 'no-op', 'server'),
    ...levers.map((lever) => onTemporal('bare', 'no-op', 'server', lever)),
  ];
  const plan = { ...QUICK, repeats: Number(options.repeats), seconds: Number(options.seconds) };
  const results = await measure(contenders, plan, 'npm run bench:levers');
  if (names) {
    console.log(tableOf(results));
    return;
  }
  mkdirSync(join(root, 'bench', 'results'), { recursive: true });
  writeResults(file, results);
  await writeSections(root, { levers: tableOf(readResults(file)) });
});

function tableOf(results: Results): string {
  const columns: readonly (readonly [string, string, Pick])[] = [
    ['orders/s', '32 clients', ({ ordersPerSecond }) => ordersPerSecond],
    ['CPU', '32 clients', ({ cpuTotal }) => cpuTotal],
    // With the door, which one of the levers has in the same process.
    [
      'CPU of worker and door',
      '32 clients',
      ({ cpu }) => (cpu['worker'] ?? 0) + (cpu['front'] ?? 0),
    ],
    ['p50', '20/s', ({ completionP50 }) => completionP50],
  ];
  const heads = columns.map(([title, cell]) => `${title}, ${cell}`);
  const rows = LEVERS.filter((lever) =>
    results.contenders.some(({ name }) => name === lever.name),
  ).map(({ name, told, chosen }) => {
    const cells = columns.map(([, cell, pick]) => {
      const of = (contender: string) => ({ work: 'no-op', contender, cell }) as const;
      return inRange(ratiosOf(results, [of(name), pick], [of('makegood'), pick]));
    });
    return [`\`${name}\`: ${told}`, ...cells, chosen];
  });
  const settings = Object.fromEntries(
    Object.entries(results.settings).filter(([name]) => ABOUT.includes(name)),
  );
  const words = aboutThis({ ...results, settings });
  return `${words}\n\n${table(['With the lever ÷ without', ...heads, 'In the product'], rows)}`;
}
