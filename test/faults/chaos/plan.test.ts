/** The same seed is the same plan, another seed is another one, and a plan has a bit of everything. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { drawPlan } from './plan.ts';
import type { Plan } from './plan.ts';

const wish = { orders: 300, seconds: 120, seed: 'plan', later: true };

describe('a chaos plan', () => {
  it('is the same for the same seed, in another process as well', async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const asked = ['--orders', '300', '--seconds', '120', '--seed', 'plan', '--plan'];
    const args = ['--import', 'tsx', main, ...asked];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 });
    const shown = JSON.parse(stdout) as Plan;
    assert.deepEqual(shown, JSON.parse(JSON.stringify(drawPlan(wish))));
  });

  it('is another one for another seed', () => {
    const other = drawPlan({ ...wish, seed: 'plans' });
    const { stories, acts } = drawPlan(wish);
    assert.notDeepEqual(other.acts, acts);
    assert.notDeepEqual(
      other.stories.map(({ kind }) => kind),
      stories.map(({ kind }) => kind),
    );
  });

  it('breaks every sort of thing, and asks for every sort of order', () => {
    const { acts, stories } = drawPlan(wish);
    const kinds = (items: readonly string[]) => [...new Set(items)].sort();
    const sorts = kinds(acts.map(({ sort }) => sort));
    const others = ['operator', 'outage', 'party', 'process', 'slow', 'stranger'];
    assert.deepEqual(sorts, ['database', 'link', ...others]);
    assert.equal(kinds(stories.map(({ kind }) => kind)).length, 15);
    assert.equal(kinds(stories.map(({ tenant }) => tenant)).length, 3);
    assert.equal(new Set(stories.map(({ key }) => key)).size, wish.orders);
  });

  it('has a merchant for a fifth of the orders, who ships, waits and calls off', () => {
    const { stories } = drawPlan({ ...wish, orders: 60 });
    const wishes = stories.flatMap(({ ships }) => ships ?? []);
    assert.equal(wishes.length, 12);
    assert.ok(wishes.some(({ parts }) => parts.length === 0));
    assert.ok(wishes.some(({ parts }) => parts.length > 0));
    for (const isCalledOff of [false, true]) {
      const last = wishes.filter(({ isLast }) => isLast);
      assert.ok(last.some((ships) => ships.isCalledOff === isCalledOff));
    }
    const whole = stories.filter(({ body }) => body.paymentMethod === 'pm_card_onlyWhole');
    assert.ok(whole.length > 0);
    assert.ok(whole.every(({ ships }) => ships?.parts.length === 0));
  });

  it('begins nothing after its time, and acts every one to three seconds', () => {
    const { acts, stories } = drawPlan(wish);
    const times = acts.map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    assert.ok(gaps.every((gap) => gap >= 1_000 && gap <= 3_000));
    assert.ok([...times, ...stories.map(({ atMs }) => atMs)].every((at) => at < 120_000));
  });

  it('asks for the same orders whatever breaks', () => {
    const short = drawPlan({ ...wish, seconds: 60 });
    const bodies = ({ stories }: Plan) => stories.map(({ body }) => body);
    assert.deepEqual(bodies(short), bodies(drawPlan(wish)));
  });
});
