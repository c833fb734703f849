/** What an operator reads about a run. */
import assert from 'node:assert/strict';
import { describeProgress, ProgressBook } from '../../src/saga/progress.ts';
import type { Progress, ProgressLine } from '../../src/saga/index.ts';

const line = (change: Partial<ProgressLine>): ProgressLine => ({
  step: 'request shipment',
  state: 'done',
  attempts: 1,
  since: '2026-11-21T15:49:27.372Z',
  ...change,
});
const words = (...lines: ProgressLine[]) =>
  describeProgress(lines).replaceAll('\u00A0', ' ').trimEnd().split('\n');

describe('the current details of a run', () => {
  it('are a table of its steps', () => {
    assert.deepEqual(words(line({}), line({ step: 'send receipt', state: 'running' })), [
      '| Step | State | Since (UTC) | Note |',
      '|---|---|---|---|',
      '| request shipment | done | 21 Nov 15:49:27 |  |',
      '| send receipt | running | 21 Nov 15:49:27 |  |',
    ]);
  });

  it('say above it who has to do something, and why', () => {
    const detail = 'no answer|none';
    const parked = line({ state: 'parked', attempts: 3, detail, choices: ['retry', 'refuse'] });
    assert.deepEqual(words(line({ step: 'reserve stock' }), parked), [
      '**request shipment** waits for an operator. Choices: retry, refuse. The last attempt: no answer\\|none',
      '',
      '| Step | State | Since (UTC) | Note |',
      '|---|---|---|---|',
      '| reserve stock | done | 21 Nov 15:49:27 |  |',
      '| request shipment | parked (round 3) | 21 Nov 15:49:27 | no answer\\|none |',
    ]);
    const [undo, , , , row] = words({ ...parked, undo: true });
    assert.match(undo ?? '', /^The undo of \*\*request shipment\*\* waits/);
    assert.match(row ?? '', /undo parked \(round 3\)/);
    const [headline] = words(line({ state: 'waiting' }));
    assert.equal(headline, '**request shipment** is tried again.');
    const [why] = words(line({ state: 'waiting', detail: 'For the customer.' }));
    assert.equal(why, '**request shipment** waits. For the customer.');
  });
});

describe('the progress of a run', () => {
  it('says since when a step has been in its state, whatever happens to it there', () => {
    let seconds = 0;
    let told: Progress = [];
    const book = new ProgressBook({
      now: () => (seconds += 1) * 1_000,
      publish: (progress) => (told = progress),
    });
    const ship = book.begin('ship');
    book.note(ship, { state: 'parked', detail: 'no answer' });
    const since = told[0]?.since;
    book.countAttempt(ship);
    book.note(ship, { state: 'parked', detail: 'no answer yet' });
    assert.equal(told[0]?.since, since);
    book.note(ship, { state: 'done' });
    assert.notEqual(told.at(-1)?.since, since);
  });
});
