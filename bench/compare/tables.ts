/** The results as Markdown. Every figure is the median of the rounds, with their range. */
import type { Work } from './contender.ts';
import type { Results } from './results.ts';
import { inDigits, inRange } from './statistics.ts';
import { ratiosOf, valuesOf } from './summary.ts';
import type { Pick } from './summary.ts';
import { verdictsOf } from './targets.ts';

export function tablesOf(results: Results): string {
  return [
    aboutThis(results),
    '### Targets',
    table(
      ['Target', 'Measured', 'Verdict'],
      verdictsOf(results).map(({ target, measured, verdict }) => [target, measured, verdict]),
    ),
    ...WORKS.filter(([work]) => results.contenders.some((each) => each.work === work)).flatMap(
      ([work, title]) => [`### ${title}`, ...tablesOfWork(results, work)],
    ),
  ].join('\n\n');
}

const WORKS: readonly (readonly [Work, string])[] = [
  ['no-op', 'Five steps that do nothing'],
  ['checkout', 'The real checkout'],
];

export function aboutThis({
  date,
  command,
  machine,
  versions,
  settings,
  failures,
}: Results): string {
  const list = (all: Readonly<Record<string, string | number>>) =>
    Object.entries(all)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  // Half of the cores that the contenders need.
  const isBusy = Number(machine['load before'] ?? 0) > 1;
  const busy = isBusy ? ' **The machine was busy with other work: only ratios say anything.**' : '';
  const lines = [
    ...Object.entries(settings).map(([name, value]) => `- ${name}: ${value}.`),
    ...failures.map((failure) => `- **A turn that broke off**, ${failure}.`),
  ];
  return (
    `\`${command}\`, ${date.slice(0, 10)}, on: ${list(machine)}. Versions: ${list(versions)}. ` +
    'Load generator, contender and the world outside share the machine. Each figure is the median ' +
    `of the rounds, with their range; ∞ is what did not end in time.${busy}\n\n${lines.join('\n')}`
  );
}

export function tablesOfWork(results: Results, work: Work): readonly string[] {
  const closed = results.cells.filter((cell) => cell.endsWith('clients'));
  const open = results.cells.filter((cell) => cell.endsWith('/s'));
  const busiest = closed.includes('32 clients') ? '32 clients' : closed.at(-1);
  return [
    ...(closed.length > 0 ? [throughput(results, work, closed)] : []),
    ...(busiest === undefined ? [] : [costs(results, work, busiest)]),
    ...(open.length > 0 ? [latencies(results, work, open)] : []),
    ...(busiest === undefined ? [] : [ratios(results, work, busiest)]),
  ];
}

type Column = readonly [title: string, cell: string, pick: Pick];

function tableOf(results: Results, work: Work, first: string, columns: readonly Column[]): string {
  const rows = results.contenders
    .filter((each) => each.work === work)
    .map(({ name: contender, title }) => [
      title,
      ...columns.map(([, cell, pick]) =>
        inRange(valuesOf(results, { work, contender, cell }, pick)),
      ),
    ]);
  return table([first, ...columns.map(([title]) => title)], rows);
}

function throughput(results: Results, work: Work, cells: readonly string[]): string {
  const columns = cells.flatMap((cell): Column[] => [
    [`${cell}: orders/s`, cell, ({ ordersPerSecond }) => ordersPerSecond],
    ['p50, ms', cell, ({ completionP50 }) => completionP50],
    ['p99, ms', cell, ({ completionP99 }) => completionP99],
  ]);
  return tableOf(results, work, 'Closed loop', columns);
}

function latencies(results: Results, work: Work, cells: readonly string[]): string {
  const columns = cells.flatMap((cell): Column[] => [
    ...(work === 'checkout' ? decisionsAt(cell) : []),
    [`${cell}: completion p50, ms`, cell, ({ completionP50 }) => completionP50],
    ['p99', cell, ({ completionP99 }) => completionP99],
    ['not in time, orders', cell, ({ failed }) => failed],
  ]);
  return tableOf(results, work, 'Open loop', columns);
}

/** Who answers only at the end decides, as far as anybody can see, at the end. */
function decisionsAt(cell: string): readonly Column[] {
  return [
    [`${cell}: decision p50, ms`, cell, ({ decisionP50 }) => decisionP50],
    ['p99', cell, ({ decisionP99 }) => decisionP99],
  ];
}

function costs(results: Results, work: Work, cell: string): string {
  const head = [
    `Per order, ${cell}`,
    'CPU, ms',
    'of which, ms (the stand-ins beside it)',
    'WAL, kB',
    'transactions that write',
    'workflow tasks',
    'history events',
  ];
  const rows = results.contenders
    .filter((each) => each.work === work)
    .map(({ name: contender, title, histories }) => {
      const of = { work, contender, cell };
      return [
        title,
        inRange(valuesOf(results, of, ({ cpuTotal }) => cpuTotal)),
        partsOf(results, work, contender, cell),
        inRange(valuesOf(results, of, ({ walKilobytes }) => walKilobytes)),
        inRange(valuesOf(results, of, ({ transactions }) => transactions)),
        histories ? inDigits(histories.workflowTasks) : '–',
        histories ? inDigits(histories.events) : '–',
      ];
    });
  return table(head, rows);
}

function partsOf(results: Results, work: Work, contender: string, cell: string): string {
  const one = results.rows.find(
    (row) => row.work === work && row.contender === contender && row.cell === cell,
  );
  return Object.keys(one?.figures.cpu ?? {})
    .map((part) => {
      const all = valuesOf(results, { work, contender, cell }, ({ cpu }) => cpu[part]);
      return `${part} ${inRange(all)}`;
    })
    .join(', ');
}

/** makegood against each peer: above 1 it has more. */
function ratios(results: Results, work: Work, cell: string): string {
  const peers = results.contenders.filter(
    ({ work: own, name }) => own === work && name !== 'makegood' && !name.endsWith('-dev'),
  );
  const of = (contender: string) => ({ work, contender, cell });
  const against = (peer: string, pick: Pick) =>
    inRange(ratiosOf(results, [of('makegood'), pick], [of(peer), pick]));
  const rows = peers.map(({ name, title }) => [
    title,
    against(name, ({ ordersPerSecond }) => ordersPerSecond),
    against(name, ({ cpuTotal }) => cpuTotal),
    against(name, ({ completionP50 }) => completionP50),
  ]);
  return table([`makegood ÷ …, ${cell}`, 'orders/s', 'CPU per order', 'p50'], rows);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
