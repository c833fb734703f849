/** Writes tables and chart where readers look: on docs/benchmarks.md, and beside it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSections } from '../page.ts';
import { chartOf } from './chart.ts';
import type { Results } from './results.ts';
import { tablesOf } from './tables.ts';

export async function publish(root: string, results: Results): Promise<void> {
  writeFileSync(join(root, 'docs', 'images', 'benchmark.svg'), chartOf(results));
  await writeSections(root, { bench: tablesOf(results) });
}
