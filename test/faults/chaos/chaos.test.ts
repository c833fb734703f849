/**
 * The short form of `npm run chaos`: sixty orders in twenty seconds of faults on real processes, and
 * the checker's word on what came of it. What the plan breaks is the same each time; whom it hits
 * is not.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isNothing } from './drain.ts';
import { drawPlan } from './plan.ts';
import { askChecker, describe as tell } from './report.ts';
import { runChaos } from './run.ts';

// Of those tried, one whose few acts are of many sorts; another deck of acts needs another one.
const SEED = 'short-33612';
const MUST_MEET = [
  ...['worker-1 kill', 'postgres kill', 'temporal kill', 'gateway fail-after-effect'],
  ...['api-1 forged', 'api-1 of-nobody'],
];

describe('chaos', function () {
  // A mail whose sender was killed waits for its lease, half a minute; and a machine may be busy.
  this.timeout(600_000);
  const lines: string[] = [];
  const stopping = new AbortController();
  after(() => stopping.abort());

  it('loses nothing and pays nothing twice, say the books of all parties', async () => {
    const folder = fileURLToPath(new URL(`../../../.makegood/chaos/test-${SEED}`, import.meta.url));
    const plan = drawPlan({ orders: 60, seconds: 20, seed: SEED, later: true });
    const acts = plan.acts.map(({ target, fault }) => `${target} ${fault}`);
    assert.deepEqual(
      MUST_MEET.filter((act) => !acts.includes(act)),
      [],
      'choose another seed',
    );
    const say = (line: string): void => void lines.push(line);
    const setting = { folder, say, webhooks: true, stop: stopping.signal };
    const outcome = await runChaos(plan, setting);
    const told = tell(outcome).join('\n');
    assert.ok(isNothing(outcome.left), told);
    const { code, said } = await askChecker(folder);
    assert.equal(code, 0, [...lines, told, said, folder].join('\n'));
    assert.ok(outcome.memory.acknowledged.size >= 40, told);
    assert.ok(Object.keys(outcome.hits).length >= 5, told);
    assert.match(told, /captured at shipment: .* [1-9]\d* shipments/);
    rmSync(folder, { recursive: true });
  });
});
