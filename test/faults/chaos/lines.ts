/** JSON lines in the evidence folder. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export function writeLines(folder: string, name: string, lines: readonly unknown[]): void {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** None where there is no such file. */
export function linesIfAny(folder: string, name: string): readonly unknown[] {
  return existsSync(join(folder, name)) ? readLines(folder, name) : [];
}

/** As JSON has them: who reads says what they are. */
export function readLines(folder: string, name: string): readonly unknown[] {
  return readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}
