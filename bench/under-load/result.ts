/** The record of a run in bench/results, with the machine that it was taken on. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { thisMachine } from '../compare/results.ts';

const folder = fileURLToPath(new URL('../results', import.meta.url));

export function keepResult(name: string, result: object): void {
  const command = `npm run bench:${name} -- ${process.argv.slice(2).join(' ')}`.trim();
  const about = { date: new Date().toISOString(), command, machine: thisMachine() };
  writeFileSync(
    join(folder, `${name}.json`),
    `${JSON.stringify({ ...about, ...result }, sparing)}\n`,
  );
}

// Four digits are one more than these measurements know.
function sparing(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value)
    ? Number(value.toPrecision(4))
    : value;
}
