/**
 * Tries mutants on copies of a project. Caught is a mutant whose suite passes without it and fails
 * with it, in a test, by what the test found; what does not even run, or never ends, is broken, for
 * it would fail any suite.
 */
import { cp, mkdir, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mutant, Suite } from './mutant.ts';
import { runSuite } from './suite.ts';
import type { Verdict } from './suite.ts';

export interface Trial extends Verdict {
  readonly mutant: Mutant;
  readonly seconds: number;
}

export interface TrialOptions {
  /** How many at a time, each on a copy of its own. */
  readonly jobs?: number;
  /** For one run of a suite. */
  readonly limitMs?: number;
  /** Ends the suites that run; what was not tried is missing from the answer. */
  readonly signal?: AbortSignal;
  readonly onTrial?: (trial: Trial) => void;
}

// The slowest suite takes a minute alone, and machines are slow at times.
const LIMIT_MS = 300_000;

export async function tryMutants(
  root: string,
  mutants: readonly Mutant[],
  { jobs = 1, limitMs = LIMIT_MS, signal, onTrial }: TrialOptions = {},
): Promise<readonly Trial[]> {
  const directory = await mkdtemp(join(tmpdir(), 'makegood-mutants-'));
  const run = (copy: string, suite: Suite) => runSuite(copy, suite, { limitMs, signal });
  try {
    const copies = await Promise.all(
      Array.from({ length: jobs }, (_, n) => copyOf(root, join(directory, n.toString()))),
    );
    const sound = new Map<string, Verdict>();
    await inTurn(copies, unmutated(mutants), signal, async (suite, copy) => {
      sound.set(nameOf(suite), await run(copy, suite));
    });
    const trials: Trial[] = [];
    await inTurn(copies, mutants, signal, async (mutant, copy) => {
      const began = performance.now();
      const without = sound.get(nameOf(mutant.caughtBy));
      const verdict =
        without?.verdict === 'survived'
          ? await withMutant(copy, mutant, () => run(copy, mutant.caughtBy))
          : broken(`its suite fails without it: ${without?.by ?? ''}`);
      if (signal?.aborted === true) return;
      const seconds = Math.round((performance.now() - began) / 1_000);
      const trial = { mutant, seconds, ...verdict };
      trials.push(trial);
      onTrial?.(trial);
    });
    return trials;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** How often `find` stands in the file; 1 is right. */
export async function occurrences(root: string, { file, find }: Mutant): Promise<number> {
  return (await readFile(join(root, file), 'utf8')).split(find).length - 1;
}

// Large, made anew by whoever needs it, or none of a copy's business.
const LEFT_OUT = ['node_modules', '.git', '.makegood', 'coverage', 'dist'];

async function copyOf(root: string, copy: string): Promise<string> {
  await mkdir(copy);
  for (const name of await readdir(root)) {
    if (LEFT_OUT.includes(name)) continue;
    await cp(join(root, name), join(copy, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Each file of tests once, with all that its mutants ask of it. */
function unmutated(mutants: readonly Mutant[]): readonly Suite[] {
  const suites = new Map<string, Suite>();
  for (const { caughtBy } of mutants) {
    const known = suites.get(nameOf(caughtBy));
    suites.set(nameOf(caughtBy), known === undefined ? caughtBy : both(known, caughtBy));
  }
  return [...suites.values()];
}

function both(one: Suite, other: Suite): Suite {
  if (!('mocha' in one) || !('mocha' in other)) return one;
  const { mocha, grep } = one;
  if (grep === undefined || other.grep === undefined) return { mocha };
  return grep === other.grep ? one : { mocha, grep: `${grep}|${other.grep}` };
}

function nameOf(suite: Suite): string {
  return 'mocha' in suite ? suite.mocha : suite.npm.join(' ');
}

async function inTurn<Item>(
  copies: readonly string[],
  items: readonly Item[],
  signal: AbortSignal | undefined,
  work: (item: Item, copy: string) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async (copy: string) => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      if (signal?.aborted === true) return;
      await work(item, copy);
    }
  };
  await Promise.all(copies.map(worker));
}

async function withMutant(
  copy: string,
  mutant: Mutant,
  run: () => Promise<Verdict>,
): Promise<Verdict> {
  const { file, find, replace } = mutant;
  const times = await occurrences(copy, mutant);
  if (times !== 1) return broken(`what it replaces stands ${times} times in ${file}`);
  const text = await readFile(join(copy, file), 'utf8');
  const mutated = text.replace(find, () => replace);
  await writeFile(join(copy, file), mutated);
  try {
    return await run();
  } finally {
    await writeFile(join(copy, file), text);
  }
}

function broken(by: string): Verdict {
  return { verdict: 'broken', by };
}
