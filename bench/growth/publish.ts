/** Writes the tables where readers look. */
import { join } from 'node:path';
import { readResults } from '../compare/results.ts';
import { writeSections } from '../page.ts';
import { bottleneckTable } from './bottleneck.ts';
import { tableOf } from './report.ts';
import type { Results } from './report.ts';

export async function publish(root: string, results: Results): Promise<void> {
  const growth = [`Measured ${results.date}.`, ...results.axes.map(tableOf)].join('\n\n');
  const { footprint } = results;
  if (footprint === undefined) {
    await writeSections(root, { growth });
    return;
  }
  const comparison = readResults(join(root, 'bench/results/comparison.json'));
  await writeSections(root, { growth, bottleneck: bottleneckTable(comparison, footprint) });
}
