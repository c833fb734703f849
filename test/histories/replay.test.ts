/**
 * The gate of every build: the golden histories, one of every way that an order or a refund can go,
 * replay against the workflows of today. One that does not is an order half done that a release in
 * place would block: what to do about it is in CONTRIBUTING.md.
 */
import assert from 'node:assert/strict';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createActivities } from '../../src/activities/index.ts';
import type { Deps } from '../../src/activities/ports.ts';
import { CHECKOUT, REFUND, RESOLVE_STEP } from '../../src/workflows/contract.ts';
import { replay } from '../support/replays.ts';
import { service } from '../support/services.ts';
import { readable, readGolden } from './golden.ts';
import type { Golden } from './golden.ts';
import { PATHS } from './paths.ts';

describe('the workflows', () => {
  let golden: readonly Golden[];
  let outcomes: ReadonlyMap<string, Error | undefined>;
  before(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    golden = await readGolden();
    outcomes = await replay((await service('bundle')).file, golden);
  });

  const textOf = (path: string) => {
    const found = golden.find(({ workflowId }) => workflowId === path);
    return readable(found?.text ?? assert.fail('run `npm run histories`'));
  };

  for (const [path, { ends }] of Object.entries(PATHS)) {
    it(`replay what was ${path}`, () => {
      const last = textOf(path).trimEnd().split('\n').at(-2) ?? '';
      const end = ends === undefined ? 'EXECUTION_TERMINATED"' : `"status":"${ends}"`;
      assert.ok(last.includes(end), last);
      assert.ok(outcomes.has(path));
      assert.ifError(outcomes.get(path));
    });
  }

  it('have golden histories of no other path', () => {
    const kept = golden.map(({ workflowId }) => workflowId);
    assert.deepEqual(kept.sort(), Object.keys(PATHS).sort());
  });

  const everything = () => golden.map(({ text }) => readable(text)).join('');

  for (const activity of Object.keys(createActivities({} as Deps))) {
    it(`have golden histories that call ${activity} at both speeds`, () => {
      // Nobody waits for an operator to be called: there is no quick try.
      const isHurried = activity !== 'callOperator';
      assert.equal(everything().includes(`"activity_type":"${activity}"`), isHurried);
      assert.ok(everything().includes(`"activityType":{"name":"${activity}"}`));
    });
  }

  for (const what of [CHECKOUT, REFUND, RESOLVE_STEP]) {
    it(`have golden histories with ${what}`, () => {
      assert.ok(everything().includes(`"name":"${what}"`));
    });
  }

  it('have golden histories that tell nothing of the machine that made them', () => {
    assert.doesNotMatch(everything(), /"identity"|"stackTrace"|\d+@|\/(?:home|root|tmp|Users)\//);
  });
});
