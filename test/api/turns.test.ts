import assert from 'node:assert/strict';
import { createTurns } from '../../src/api/turns.ts';
import { Unavailable } from '../../src/domain/wrong.ts';

const claim = {
  tenantId: 'ten_acme',
  route: 'POST /v1/orders',
  keyHash: Buffer.alloc(32),
  fingerprint: Buffer.alloc(32),
};
const other = { ...claim, keyHash: Buffer.alloc(32, 1) };

describe('Equal requests', () => {
  /** Asks that are answered when the test says so. */
  const desk = () => {
    const asked: ((answer: { state: string } | Error) => void)[] = [];
    const ask = () =>
      new Promise<{ state: string }>((resolve, reject) => {
        asked.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
      });
    return { asked, ask };
  };

  it('wait for the first, and ask for themselves once it is answered', async () => {
    const { asked, ask } = desk();
    const inTurn = createTurns();
    const answers = [inTurn(claim, ask), inTurn(claim, ask), inTurn(claim, ask)];
    const elsewhere = inTurn(other, ask);
    assert.equal(asked.length, 2, 'one for each key');
    asked[0]?.({ state: 'placed' });
    assert.deepEqual(await answers[0], { state: 'placed' });
    await new Promise(setImmediate);
    assert.equal(asked.length, 4);
    for (const answer of asked.slice(1)) answer({ state: 'replayed' });
    for (const answer of [...answers.slice(1), elsewhere]) {
      assert.deepEqual(await answer, { state: 'replayed' });
    }
    const later = inTurn(claim, ask);
    assert.equal(asked.length, 5, 'nobody is under way any more');
    asked[4]?.({ state: 'replayed' });
    await later;
  });

  it('do not wait for ever, nor for what the first has waited for in vain', async () => {
    const { asked, ask } = desk();
    const hasty = createTurns(1);
    const slow = [hasty(claim, ask), hasty(claim, ask)];
    assert.deepEqual(await slow[1], { state: 'busy' });
    asked[0]?.({ state: 'placed' });
    await slow[0];

    const patient = createTurns();
    const both = [patient(claim, ask), patient(claim, ask)];
    asked[1]?.({ state: 'busy' });
    assert.deepEqual(await Promise.all(both), [{ state: 'busy' }, { state: 'busy' }]);
    assert.equal(asked.length, 2);
  });

  it('fail together, for what one cannot find out the others cannot either', async () => {
    const { asked, ask } = desk();
    const inTurn = createTurns();
    const both = [inTurn(claim, ask), inTurn(claim, ask)];
    asked[0]?.(new Unavailable('PostgreSQL is down'));
    for (const answer of both) await assert.rejects(answer, Unavailable);
    assert.equal(asked.length, 1);
  });
});
