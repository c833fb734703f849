import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GROUPS } from './index.ts';
import type { Mutant } from './mutant.ts';
import { occurrences, tryMutants } from './trial.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SUM = `export const sum = (a, b) => a + b;
export const half = (n) => n / 2;
`;

const SUITE = `import assert from 'node:assert/strict';
import { sum, half } from './sum.mjs';
it('two and two are four', () => assert.equal(sum(2, 2), 4));
it('it ends', async function () { this.timeout(50); await half(2); });
`;

describe('Mutants', () => {
  it('that are listed still find what they replace, exactly once', async () => {
    const names = new Set<string>();
    for (const mutant of Object.values(GROUPS).flat()) {
      assert.equal(await occurrences(ROOT, mutant), 1, mutant.name);
      assert.ok(mutant.find !== mutant.replace && !names.has(mutant.name), mutant.name);
      names.add(mutant.name);
    }
  });

  it('are given to tests that there are, and have a place in docs/mutants.md', async () => {
    const page = await readFile(join(ROOT, 'docs/mutants.md'), 'utf8');
    for (const [group, mutants] of Object.entries(GROUPS)) {
      assert.match(page, new RegExp(`<!-- mutants: ${group} -->[^]*<!-- /mutants: ${group} -->`));
      for (const { name, caughtBy } of mutants) {
        const files = 'mocha' in caughtBy ? caughtBy.mocha : '';
        // Mocha takes braces without a star for the name of a file.
        assert.ok(!files.includes('{') || files.includes('*'), `${name}: ${files}`);
      }
    }
  });

  it('are caught, survive, or are broken; and the project stays as it is', async () => {
    const root = await mkdtemp(join(tmpdir(), 'makegood-mutated-'));
    await writeFile(join(root, 'sum.mjs'), SUM);
    await writeFile(join(root, 'sum.test.mjs'), SUITE);
    const of = (find: string, replace: string, more: Partial<Mutant> = {}): Mutant => ({
      name: replace,
      file: 'sum.mjs',
      find,
      replace,
      caughtBy: { mocha: './sum.test.mjs' },
      ...more,
    });
    const expected: [mutant: Mutant, verdict: string, by: RegExp][] = [
      [of('a + b', 'a - b'), 'caught', /^two and two are four$/],
      [of('a + b', 'a * b'), 'survived', /^$/],
      [of('a + b', 'a +'), 'broken', /^nothing ran: .*Error/],
      [of('a + b', 'a + c'), 'broken', /^it is no program/],
      [
        of('n / 2', 'new Promise(() => setTimeout(() => 0, 1000))'),
        'broken',
        /^it hangs: it ends$/,
      ],
      [of('a', 'b'), 'broken', /stands \d+ times/],
      [
        of('a + b', 'a - b - a', { caughtBy: { mocha: './sum.test.mjs', grep: 'five' } }),
        'broken',
        /^no test/,
      ],
    ];
    const mutants = expected.map(([mutant]) => mutant);
    const trials = await tryMutants(root, mutants, { jobs: 2 });
    for (const [mutant, verdict, by] of expected) {
      const trial = trials.find((one) => one.mutant === mutant);
      assert.equal(trial?.verdict, verdict, `${mutant.name}: ${trial?.by}`);
      assert.match(trial.by, by);
    }
    assert.equal(await readFile(join(root, 'sum.mjs'), 'utf8'), SUM);

    const endless = of('n / 2', 'eval("for (;;);")');
    const [late] = await tryMutants(root, [endless], { limitMs: 2_000 });
    assert.match(late?.by ?? '', /took longer than 2 s$/);

    await writeFile(join(root, 'sum.mjs'), SUM.replace('a + b', 'a * a * b'));
    const [trial] = await tryMutants(root, [of('a * a', 'a')]);
    assert.match(trial?.by ?? '', /^its suite fails without it: two and two/);
    await rm(root, { recursive: true });
  });
});
