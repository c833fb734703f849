/** Writes the tables where readers look: between two pairs of marks of docs/benchmarks.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { readResults } from '../compare/results.ts';
import { bottleneckTable } from './bottleneck.ts';
import { tableOf } from './report.ts';
import type { Results } from './report.ts';

export async function publish(root: string, results: Results): Promise<void> {
  const path = join(root, 'docs', 'benchmarks.md');
  const tables = [`Measured ${results.date}.`, ...results.axes.map(tableOf)].join('\n\n');
  let page = between(readFileSync(path, 'utf8'), 'growth', tables);
  if (results.footprint !== undefined) {
    const comparison = readResults(join(root, 'bench/results/comparison.json'));
    page = between(page, 'bottleneck', bottleneckTable(comparison, results.footprint));
  }
  const style = await resolveConfig(path);
  writeFileSync(path, await format(page, { ...style, parser: 'markdown' }));
}

/** What is between the marks of that name is replaced, and nothing else. */
function between(page: string, name: string, words: string): string {
  const marks = [`<!-- ${name}: by \`npm run bench:growth\` -->`, `<!-- ${name}: end -->`] as const;
  const [from, to] = [page.indexOf(marks[0]), page.indexOf(marks[1])];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has lost the marks of ${name}`);
  return `${page.slice(0, from + marks[0].length)}\n\n${words}\n\n${page.slice(to)}`;
}
