/** What the operators' page says: of every decision what comes of it, of money the right decimals. */
import assert from 'node:assert/strict';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';
import { createPages } from '../support/operations-page.ts';
import type { Pages } from '../support/operations-page.ts';

describe('The words of the operators’ page', () => {
  let scene: OperationsScene;
  let pages: Pages;
  before(async () => {
    scene = await createOperationsScene();
    pages = await createPages(scene.operations, scene.ann);
  });
  after(async () => {
    await pages.close();
    await scene.close();
  });

  /** Called in the page, as its modules call it. */
  const call = async (module: string, name: string, calls: readonly (readonly unknown[])[]) => {
    const page = await pages.open();
    const all = JSON.stringify(calls);
    return await page.evaluate<unknown[]>(
      `import('/operations/${module}').then((m) => ${all}.map((words) => m.${name}(...words)))`,
    );
  };

  it('tell of each decision that the books allow something that is true of no other', async () => {
    const { rows } = await scene.pool.query<Record<'step' | 'direction' | 'action', string>>(
      `SELECT step, direction, action FROM step_choice WHERE action <> 'retry'`,
    );
    const choices = rows.map(({ step, direction, action }) => [step, direction, action]);
    assert.ok(choices.length >= 12);
    const told = (await call('effects.js', 'effectOf', choices)) as string[][];
    const unknown = (await call('effects.js', 'effectOf', [
      ['no such step', 'do', 'mark-done'],
      ['no such step', 'do', 'skip'],
      ['no such step', 'do', 'refuse'],
    ])) as string[][];
    const inGeneral = unknown.map(([effect]) => effect);
    for (const [n, [effect, look]] of told.entries()) {
      assert.ok(!inGeneral.includes(effect), choices[n]?.join(' '));
      assert.equal(look !== undefined, choices[n]?.[2] === 'mark-done');
    }
  });

  it('give money the decimals of its currency, there and back', async () => {
    const amounts = [
      ['2998', 'EUR', '29.98 EUR'],
      ['5', 'EUR', '0.05 EUR'],
      ['123456789', 'EUR', '1,234,567.89 EUR'],
      ['1999', 'JPY', '1,999 JPY'],
      ['1234567', 'KWD', '1,234.567 KWD'],
      ['90071992547409931', 'EUR', '900,719,925,474,099.31 EUR'],
    ] as const;
    const money = amounts.map(([value, currency]) => [{ value, currency }]);
    assert.deepEqual(
      await call('words.js', 'money', money),
      amounts.map(([, , text]) => text),
    );
    const typed = [
      ['29.98', 'EUR', '2998'],
      [' 29,9 ', 'EUR', '2990'],
      ['7', 'EUR', '700'],
      ['7', 'JPY', '7'],
      ['7.0', 'JPY', null],
      ['29.981', 'EUR', null],
      ['1,000.00', 'EUR', null],
      ['-5', 'EUR', null],
      ['', 'EUR', null],
      ['1e3', 'EUR', null],
    ] as const;
    const read = await call(
      'words.js',
      'minorUnits',
      typed.map(([text, currency]) => [text, currency]),
    );
    assert.deepEqual(
      read.map((value) => value ?? null),
      typed.map(([, , value]) => value),
    );
  });

  it('give ages in the two units that matter', async () => {
    const seconds = [0, 59, 60, 3_599, 3_600, 8_000, 86_400, 280_000];
    assert.deepEqual(
      await call(
        'words.js',
        'ageInWords',
        seconds.map((s) => [s * 1_000]),
      ),
      ['0 s', '59 s', '1 min', '59 min', '1 h 0 min', '2 h 13 min', '1 day 0 h', '3 days 5 h'],
    );
  });
});
