/**
 * Gate and barrier, raced for real: two or three calls that may happen at the same moment do, each
 * on a connection of its own, at an order that has come some way. Whatever comes of it must be what
 * comes of the same calls one after the other, in one of their orders, on the books in memory.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { createShop } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';
import { castOf } from './drift/scene.ts';
import { postgresSide } from './drift/sides.ts';
import { AFTER_CAPTURE } from './races/after-capture.ts';
import { BEFORE_CAPTURE } from './races/before-capture.ts';
import { commandOf } from './races/calls.ts';
import { runAtOnce, serialOutcomes } from './races/race.ts';
import type { Race } from './races/race.ts';

// Each meeting twice or so; `RACES=2000 SEED=7` runs more of them, and others.
const RACES = Number(process.env['RACES'] ?? 200);
const SEED = Number(process.env['SEED'] ?? 1);

describe('calls that meet in PostgreSQL', () => {
  let shop: Shop;
  before(async () => {
    shop = await createShop();
  });
  after(() => shop.close());

  it(`end as if one had come after the other, ${RACES} times`, async () => {
    const postgres = postgresSide(shop);
    const won = new Map<string, number>();
    for (const [number, race] of drawnRaces().entries()) {
      const cast = castOf(`r${number}`);
      const outcome = await runAtOnce(shop, postgres, cast, race);
      const serial = await serialOutcomes(cast, race);
      const winner = serial.findIndex((one) => isDeepStrictEqual(one, outcome));
      if (winner === -1) assert.deepEqual(outcome, serial[0], `no order explains ${told(race)}`);
      const mattered = serial.some((one) => !isDeepStrictEqual(one, serial[0]));
      const order = mattered ? `${winner + 1} of ${serial.length}` : 'any';
      won.set(order, (won.get(order) ?? 0) + 1);
    }
    console.log(`      orders that won: ${[...won].map((count) => count.join(': ')).join(', ')}`);
    assert.ok((won.get('any') ?? 0) < RACES / 4, 'in most of them the order has to matter');
  });
});

/** Every meeting in turn; who sets out first, and who else comes by, is drawn. */
function drawnRaces(): Race[] {
  const meetings = [...BEFORE_CAPTURE, ...AFTER_CAPTURE].flatMap(({ after, meet }) =>
    meet.map((calls) => ({ before: after.map(commandOf), calls, others: meet.flat() })),
  );
  const draws = fc.record({
    other: fc.option(fc.nat(), { freq: 2 }),
    starts: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
    jitterMs: fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
    isHeld: fc.constantFrom(true, true, true, false),
  });
  return fc.sample(draws, { seed: SEED, numRuns: RACES }).map(({ other, ...drawn }, number) => {
    const { before, calls, others } = meetings[number % meetings.length] ?? assert.fail();
    const passing = other === null ? [] : others.slice(other % others.length).slice(0, 1);
    return { ...drawn, before, racers: [...calls, ...passing].slice(0, 3).map(commandOf) };
  });
}

function told(race: Race): string {
  return `SEED=${SEED}: ${JSON.stringify(race)}`;
}
