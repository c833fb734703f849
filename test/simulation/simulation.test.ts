/**
 * The short form of `npm run simulate`: every single crash point, every pair of some paths, four
 * thousand sagas by chance, and that the simulation finds what is wrong when something is.
 */
import assert from 'node:assert/strict';
import { BUGS, handsWith } from './bugs.ts';
import { check } from './check.ts';
import { PAIRS, PATHS, walkActs, walkPairs, walkSingles } from './points.ts';
import type { Path, Tally } from './points.ts';
import { ACTS } from './story.ts';
import { inWords } from './telling.ts';
import { withoutTraces } from './traces.ts';

const SEED = 20_261_121;

/** The pairs of these cover every activity and every undo. */
const IN_PAIRS = [
  'completed',
  'with a voucher, declined',
  'with a voucher, made good',
  'refunded wholly',
];

describe('The simulation', () => {
  withoutTraces();

  for (const [name, path] of Object.entries(PATHS)) {
    it(`lets any one call go wrong: ${name}`, async () => {
      await requireClean(await walkSingles(path));
    });
  }

  for (const name of IN_PAIRS) {
    for (const kind of PAIRS) {
      it(`lets any two calls go wrong, one of which ${kind}: ${name}`, async () => {
        await requireClean(await walkPairs(PATHS[name] as Path, [kind], true));
      });
    }
  }

  it('lets anybody do anything at any call', async () => {
    const tally: Tally = { walks: 0, hit: 0, failures: [] };
    for (const kind of ACTS) {
      for (const name of IN_PAIRS.slice(0, 3)) {
        const { walks, hit, failures } = await walkActs(PATHS[name] as Path, kind);
        tally.walks += walks;
        tally.hit += hit;
        tally.failures.push(...failures);
      }
    }
    await requireClean(tally);
  });

  for (const part of [1, 2, 3, 4]) {
    it(`ends thousands of sagas as their parties have it in their books (${part} of 4)`, async () => {
      const { sagas, failure } = await check({ sagas: 1_000, seed: SEED + part });
      assert.ok(failure === undefined, failure && (await inWords(failure.story)));
      assert.ok(sagas >= 1_000);
    });
  }

  for (const [name, spoil] of Object.entries(BUGS)) {
    it(`finds ${name}`, async () => {
      const hands = handsWith(spoil);
      const { failure } = await check({ sagas: 5_000, seed: SEED, hands, shrinks: false });
      assert.ok(failure !== undefined);
      console.log(`        after ${failure.after} sagas: ${failure.violations[0] ?? ''}`);
    });
  }
});

async function requireClean({ walks, hit, failures }: Tally): Promise<void> {
  const [first] = failures;
  assert.ok(first === undefined, first && (await inWords(first.story)));
  assert.ok(hit > 0);
  console.log(`        ${walks} walks, ${hit} with all of their trouble`);
}
