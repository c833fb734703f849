/**
 * `npm run bench:levers`: makegood's engine on five no-op steps with one setting changed at a time,
 * in turns with it as it is. Prints what each changes, as a ratio within the round. A lever is
 * pulled in the product only if its gain shows here; it changes nothing by itself.
 */
import { parseArgs } from 'node:util';
import { runCommand } from '../../src/launcher/command.ts';
import { Complaint } from '../../src/launcher/complaint.ts';
import type { Contender } from './contender.ts';
import { onTemporal } from './contenders/temporal.ts';
import type { Lever } from './contenders/temporal.ts';
import { measure } from './measure.ts';
import { QUICK } from './plan.ts';
import type { Results } from './results.ts';
import { inRange } from './statistics.ts';
import { ratiosOf } from './summary.ts';
import type { Pick } from './summary.ts';

const LEVERS: readonly Lever[] = [
  { name: 'promise-hooks', promiseHooks: true },
  { name: 'cache-500', worker: { maxCachedWorkflows: 500 } },
  { name: 'workflow-slots-20', worker: { maxConcurrentWorkflowTaskExecutions: 20 } },
  { name: 'workflow-slots-100', worker: { maxConcurrentWorkflowTaskExecutions: 100 } },
  {
    name: 'pollers-autoscaling',
    worker: {
      workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 2, initial: 4, maximum: 16 },
    },
  },
  {
    name: 'pollers-4',
    worker: { workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 4 } },
  },
  { name: 'uncompressed', connection: { grpcCompression: { codec: 'none' } } },
  { name: 'production-bundle', bundle: 'production' },
  { name: 'shared-connection-eager', eager: true },
  { name: 'search-attributes', workflow: 'shownCheckout' },
];

const USAGE = `npm run bench:levers [-- options]

  --only NAME,…   these levers only: ${LEVERS.map(({ name }) => name).join(', ')}
  --repeats N     rounds (3)
  --seconds N     window of each load (8)`;

await runCommand(USAGE, async () => {
  const { values: options } = parseArgs({
    options: {
      only: { type: 'string' },
      repeats: { type: 'string', default: String(QUICK.repeats) },
      seconds: { type: 'string', default: String(QUICK.seconds) },
    },
  });
  const names = options.only?.split(',');
  const levers = LEVERS.filter(({ name }) => names?.includes(name) ?? true);
  if (levers.length === 0) throw new Complaint(`there is no lever ${options.only ?? ''}`);
  const contenders: readonly Contender[] = [
    onTemporal('bare', 'no-op', 'server'),
    ...levers.map((lever) => onTemporal('bare', 'no-op', 'server', lever)),
  ];
  const plan = { ...QUICK, repeats: Number(options.repeats), seconds: Number(options.seconds) };
  print(await measure(contenders, plan, 'npm run bench:levers'));
});

function print(results: Results): void {
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
  console.log(`\n| lever ÷ without | ${heads.join(' | ')} |`);
  console.log(`| ${['---', ...heads.map(() => '---')].join(' | ')} |`);
  for (const { name, title } of results.contenders.slice(1)) {
    const cells = columns.map(([, cell, pick]) => {
      const of = (contender: string) => ({ work: 'no-op', contender, cell }) as const;
      return inRange(ratiosOf(results, [of(name), pick], [of('makegood'), pick]));
    });
    console.log(`| ${title} | ${cells.join(' | ')} |`);
  }
}
