/**
 * `npm run bench:growth [-- --quick] [--only orders,lines] [--report]`: how the cost of everything that
 * the books are asked grows with what is in them. Prints what each thing costs at each size and how fast
 * that grows; all sizes also go into bench/results and docs/benchmarks.md. `--report` measures nothing.
 * Exit 1 where something grows faster than log n and need not.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AXES } from './axes.ts';
import type { Axis } from './axes.ts';
import { footprintOf } from './footprint.ts';
import { startServer } from './ground.ts';
import type { Server } from './ground.ts';
import { publish } from './publish.ts';
import { failuresOf, tableOf } from './report.ts';
import type { Grown, Results } from './report.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    report: { type: 'boolean', default: false },
  },
});
const only = values.only?.split(',');
const root = fileURLToPath(new URL('../..', import.meta.url));
const file = join(root, 'bench/results/growth.json');
const known = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as Results)
  : { date: '', axes: [] };

const measured = values.report ? known : await measureAll();
if (!values.quick) {
  if (!values.report) writeFileSync(file, `${JSON.stringify(measured, null, 1)}\n`);
  await publish(root, measured);
}
const failures = failuresOf(measured);
for (const line of failures) console.log(`GROWS ${line}`);
if (failures.length === 0) console.log('nothing grows faster than log n, save what must');
process.exitCode = failures.length === 0 ? 0 : 1;

/** What is not measured now stays as it was, unless this is only to try something out. */
async function measureAll(): Promise<Results> {
  const server = await startServer();
  try {
    const axes: Grown[] = [];
    for (const axis of AXES) {
      const before = known.axes.find(({ name }) => name === axis.name);
      if (only === undefined || only.includes(axis.name)) axes.push(await measure(server, axis));
      else if (before !== undefined && !values.quick) axes.push(before);
    }
    const footprint = await server.inDatabase((ground) => footprintOf(ground, 2));
    return { date: new Date().toISOString().slice(0, 10), axes, footprint };
  } finally {
    await server.stop();
  }
}

async function measure(server: Server, { name, told, ...axis }: Axis): Promise<Grown> {
  const points: Grown['points'][number][] = [];
  for (const size of values.quick ? axis.quick : axis.sizes) {
    const began = performance.now();
    points.push({ size, costs: await server.inDatabase((ground) => axis.measure(ground, size)) });
    console.log(`${name} ${size}: ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  }
  const grown = { name, told, points };
  console.log(`\n${tableOf(grown)}\n`);
  return grown;
}
