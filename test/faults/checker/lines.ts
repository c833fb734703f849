/**
 * Reading a file of JSON lines as a stream: a long run has hundreds of megabytes. What is not a
 * line of its kind makes the whole file unreadable, and so the verdict unknown.
 */
import { createReadStream } from 'node:fs';

/** Hands over each line without its end; resolves with whether the last one had an end at all. */
export async function eachLine(file: string, take: (line: string) => void): Promise<boolean> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part !== '') take(part);
  }
  if (rest !== '') take(rest);
  return rest === '';
}

/** Throws unless the text is one JSON object that has these fields. */
export function parseRow(text: string, fields: readonly string[]): object {
  const row: unknown = JSON.parse(text);
  if (typeof row !== 'object' || row === null) throw new Error('no object');
  const lacks = fields.find((field) => !(field in row));
  if (lacks !== undefined) throw new Error(`without ${lacks}`);
  return row;
}

interface Entry {
  readonly seq: number;
  readonly kind: string;
}

/**
 * A stand-in's book: a line torn by a crash, and effects that no request line closes, never
 * happened. Returns it in order of `seq`, and the first `seq` that is not there.
 */
export function closedBook<Row extends Entry>(
  rows: readonly Row[],
): { readonly book: readonly Row[]; readonly gap?: number } {
  const book = rows.toSorted((a, b) => a.seq - b.seq);
  const last = book.findLastIndex(({ kind }) => kind === 'request');
  const closed = book.slice(0, last + 1);
  let expected = 1;
  for (const { seq } of closed) {
    if (seq > expected) return { book: closed, gap: expected };
    expected = seq + 1;
  }
  return { book: closed };
}
