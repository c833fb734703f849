/** Writes tables where readers look: between pairs of marks of docs/benchmarks.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

export async function writeSections(
  root: string,
  sections: Readonly<Record<string, string>>,
): Promise<void> {
  const path = join(root, 'docs', 'benchmarks.md');
  const page = Object.entries(sections).reduce(
    (text, [name, words]) => between(text, name, words),
    readFileSync(path, 'utf8'),
  );
  const style = await resolveConfig(path);
  writeFileSync(path, await format(page, { ...style, parser: 'markdown' }));
  console.log(`written: docs/benchmarks.md, ${Object.keys(sections).join(' and ')}`);
}

/** What is between the marks of that name (`<!-- name: by whom -->`, `<!-- name: end -->`) is replaced, and nothing else. */
export function between(page: string, name: string, words: string): string {
  const from = new RegExp(`<!-- ${name}: .*? -->`).exec(page);
  const to = page.indexOf(`<!-- ${name}: end -->`);
  const start = from && from.index + from[0].length;
  if (start === null || to < start) {
    throw new Error(`docs/benchmarks.md has lost the marks of ${name}`);
  }
  return `${page.slice(0, start)}\n\n${words}\n\n${page.slice(to)}`;
}
