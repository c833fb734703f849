/** The book of a stand-in: what is answered is on disk, and what is torn was never answered. */
import assert from 'node:assert/strict';
import { appendFile, readFile } from 'node:fs/promises';
import { openBook, type EffectLine, type RequestLine } from '../../src/counterparties/book.ts';
import { temporaryDirectory } from '../support/stand-ins.ts';

const at = '2026-11-02T10:00:00.000Z';
const common = { at, operation: 'send', orderId: 'ord_1', requestId: null };
const effect = (name: string): EffectLine => ({ kind: 'effect', ...common, effect: name });
const request = (outcome: string): RequestLine => ({
  kind: 'request',
  ...common,
  outcome,
  fault: null,
});

describe("a stand-in's book", () => {
  const path = temporaryDirectory();

  async function open(file: string): Promise<{
    book: Awaited<ReturnType<typeof openBook>>;
    replayed: string[];
  }> {
    const replayed: string[] = [];
    const book = await openBook(file, (effects, { outcome }) => {
      replayed.push([...effects.map((line) => line.effect), outcome].join(' '));
    });
    return { book, replayed };
  }

  async function dumped(book: Awaited<ReturnType<typeof openBook>>): Promise<unknown[]> {
    let text = '';
    for await (const piece of book.dump()) text += piece;
    return JSON.parse(text) as unknown[];
  }

  it('is empty at first', async () => {
    const { book, replayed } = await open(path('empty/book.jsonl'));
    assert.deepEqual([replayed, await dumped(book)], [[], []]);
    await book.close();
  });

  it('numbers its lines without gaps, also across a restart', async () => {
    const first = await open(path('restart'));
    await first.book.append([effect('a'), effect('ü')], request('executed'));
    await first.book.close();
    const second = await open(path('restart'));
    assert.deepEqual(second.replayed, ['a ü executed']);
    await second.book.append([], request('replayed'));
    const lines = (await dumped(second.book)) as { seq: number }[];
    assert.deepEqual(
      lines.map(({ seq }) => seq),
      [1, 2, 3, 4],
    );
    await second.book.close();
  });

  it('keeps the order in which it was told, however many tell at once', async () => {
    const { book } = await open(path('order'));
    const told = Array.from({ length: 100 }, (_, n) => `request ${n}`);
    await Promise.all(told.map((outcome) => book.append([], request(outcome))));
    const lines = (await dumped(book)) as RequestLine[];
    assert.deepEqual(
      lines.map(({ outcome }) => outcome),
      told,
    );
    await book.close();
  });

  const torn = {
    'half a line': `{"kind":"requ`,
    'half a character': Buffer.from([...Buffer.from('{"kind":"'), 0xc3]),
    'an effect whose request is missing': `${JSON.stringify(effect('b'))}\n`,
  };
  for (const [what, tail] of Object.entries(torn)) {
    it(`forgets ${what} at its end`, async () => {
      const file = path(what.replaceAll(' ', '-'));
      const first = await open(file);
      await first.book.append([effect('a')], request('executed'));
      await first.book.close();
      const whole = await readFile(file, 'utf8');
      await appendFile(file, tail);
      const second = await open(file);
      assert.deepEqual(second.replayed, ['a executed']);
      assert.equal(await readFile(file, 'utf8'), whole);
      await second.book.append([], request('replayed'));
      assert.equal((await dumped(second.book)).length, 3);
      await second.book.close();
    });
  }
});
