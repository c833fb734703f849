/** What the list of runs says of a saga, and how seldom it has to be told. */
import assert from 'node:assert/strict';
import type { Progress, ProgressLine } from '../../src/saga/index.ts';
import { showRun } from '../../src/workflows/show-run.ts';
import type { Shown } from '../../src/workflows/show-run.ts';

type Line = readonly [step: string, state: ProgressLine['state']];

const STATUS_AFTER = { reserve: 'reserved', authorize: 'authorized', capture: 'paid' };

/** Plays the moments of a run one after the other; answers what the list was told. */
async function told(
  moments: readonly (readonly Line[])[],
  { ends = 'completed', listed = true } = {},
): Promise<readonly Partial<Shown>[]> {
  const updates: Partial<Shown>[] = [];
  const at = (lines: readonly Line[]): Progress =>
    lines.map(([step, state]) => ({ step, state, attempts: 1, since: '1970-01-01T00:00:00Z' }));
  await showRun(
    (onProgress) => {
      for (const lines of moments) onProgress(at(lines));
      return Promise.resolve({ status: ends });
    },
    STATUS_AFTER,
    {
      shown: () => (listed ? { status: 'accepted', needsOperator: false } : undefined),
      show: (changed) => updates.push(changed),
    },
  );
  return updates;
}

describe('what the list of runs is told', () => {
  const reserved: Line = ['reserve', 'done'];
  const paid: readonly Line[] = [reserved, ['authorize', 'done'], ['capture', 'done']];

  it('is the end alone when all goes well', async () => {
    const updates = await told([
      [],
      [['reserve', 'running']],
      [reserved],
      [reserved, ['authorize', 'running']],
      [reserved, ['authorize', 'done']],
      [...paid],
      [...paid, ['ship', 'running']],
      [...paid, ['ship', 'done']],
    ]);
    assert.deepEqual(updates, [{ status: 'completed', step: 'ship' }]);
  });

  it('is where a run waits, once per wait, with the status it has reached', async () => {
    const updates = await told([
      [...paid],
      [...paid, ['ship', 'waiting']],
      [...paid, ['ship', 'waiting']],
      [...paid, ['ship', 'done']],
      [...paid, ['ship', 'done'], ['thank', 'running']],
      [...paid, ['ship', 'done'], ['thank', 'waiting']],
      [...paid, ['ship', 'done'], ['thank', 'done']],
    ]);
    assert.deepEqual(updates, [
      { status: 'paid', step: 'ship' },
      { step: 'thank' },
      { status: 'completed' },
    ]);
  });

  it('is that an operator is needed, and at once when no longer', async () => {
    const updates = await told([
      [...paid],
      [...paid, ['ship', 'waiting']],
      [...paid, ['ship', 'parked']],
      [...paid, ['ship', 'waiting']],
      [...paid, ['ship', 'parked']],
      [...paid, ['ship', 'skipped']],
      [...paid, ['ship', 'skipped'], ['thank', 'running']],
    ]);
    assert.deepEqual(updates, [
      { status: 'paid', step: 'ship' },
      { needsOperator: true },
      { needsOperator: false },
      { needsOperator: true },
      { needsOperator: false },
      { status: 'completed', step: 'thank' },
    ]);
  });

  it('stays with the parked undo while those before it are done', async () => {
    const undoing: Line = ['authorize', 'parked'];
    const updates = await told(
      [
        [reserved],
        [reserved, ['authorize', 'refused']],
        [reserved, undoing],
        [['reserve', 'undoing'], undoing],
        [['reserve', 'waiting'], undoing],
        [['reserve', 'undone'], undoing],
        [
          ['reserve', 'undone'],
          ['authorize', 'undone'],
        ],
      ],
      { ends: 'rejected' },
    );
    assert.deepEqual(updates, [
      { status: 'reserved', step: 'authorize', needsOperator: true },
      { needsOperator: false },
      { status: 'rejected' },
    ]);
  });

  it('is, at an unhappy end, the step that said no', async () => {
    const updates = await told(
      [
        [reserved, ['authorize', 'refused']],
        [reserved, ['authorize', 'undone'], ['begin to unwind', 'done']],
        [
          ['reserve', 'undone'],
          ['authorize', 'undone'],
          ['begin to unwind', 'done'],
          ['close', 'done'],
        ],
      ],
      { ends: 'rejected' },
    );
    assert.deepEqual(updates, [{ status: 'rejected', step: 'authorize' }]);
  });

  it('is the last step when a no came too late', async () => {
    const updates = await told([
      [reserved, ['authorize', 'failed']],
      [reserved, ['authorize', 'done']],
      [reserved, ['authorize', 'done'], ['capture', 'done']],
    ]);
    assert.deepEqual(updates, [{ status: 'completed', step: 'capture' }]);
  });

  it('is nothing when the run was started without search attributes', async () => {
    assert.deepEqual(await told([[['reserve', 'parked']], [reserved]], { listed: false }), []);
  });
});
