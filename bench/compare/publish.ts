/** Writes tables and chart where readers look: between two marks of docs/benchmarks.md, and beside it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { chartOf } from './chart.ts';
import type { Results } from './results.ts';
import { tablesOf } from './tables.ts';

export const MARKS = [
  '<!-- bench: from here on by `npm run bench` -->',
  '<!-- bench: end -->',
] as const;

export async function publish(root: string, results: Results): Promise<void> {
  writeFileSync(join(root, 'docs', 'images', 'benchmark.svg'), chartOf(results));
  const page = join(root, 'docs', 'benchmarks.md');
  const written = between(readFileSync(page, 'utf8'), tablesOf(results));
  const style = await resolveConfig(page);
  writeFileSync(page, await format(written, { ...style, parser: 'markdown' }));
  console.log(`written: docs/benchmarks.md and docs/images/benchmark.svg`);
}

/** What is between the marks is replaced, and nothing else. */
export function between(page: string, words: string): string {
  const [from, to] = MARKS.map((mark) => page.indexOf(mark)) as [number, number];
  if (from < 0 || to < from) throw new Error('docs/benchmarks.md has lost the marks of the tables');
  return `${page.slice(0, from + MARKS[0].length)}\n\n${words}\n\n${page.slice(to)}`;
}
