/**
 * A stand-in's own book: an append-only file of JSON lines, flushed to disk before any answer
 * leaves. A checker judges the engine from it, so every request has a line, answered or not, and
 * the effects of a request stand directly before that line. The request's line closes them: after
 * a crash in the middle of a write, effects without it never happened, and nobody was told of them.
 */
import { createReadStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Fault } from './faults.ts';

/** What every line says; `seq` is added by the book and has no gaps. */
interface Line {
  readonly at: string;
  readonly operation: string;
  readonly orderId: string | null;
  readonly requestId: string | null;
}

export interface EffectLine extends Line {
  readonly kind: 'effect';
  readonly effect: string;
}

export interface RequestLine extends Line {
  readonly kind: 'request';
  /** In a word: executed, replayed, or why not. */
  readonly outcome: string;
  readonly fault: Fault | null;
}

export interface Book<Effect extends EffectLine, Request extends RequestLine> {
  /** Resolves once effects and request are on disk. Writes that wait share one flush. */
  append(effects: readonly Effect[], request: Request): Promise<void>;
  /** Everything on disk so far, as one JSON array in pieces. */
  dump(): AsyncIterable<string>;
  close(): Promise<void>;
}

/** Opens or creates the book and hands every entry in it to `replay`, oldest first. */
export async function openBook<Effect extends EffectLine, Request extends RequestLine>(
  file: string,
  replay: Replay<Effect, Request>,
): Promise<Book<Effect, Request>> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a+');
  const { bytes, lines } = await readEntries(handle, replay);
  await handle.truncate(bytes);
  return writer(file, handle, bytes, lines);
}

type Replay<Effect, Request> = (effects: readonly Effect[], request: Request) => void;

/** Counts the bytes and lines of whole entries; what follows them was never answered. */
async function readEntries<Effect extends EffectLine, Request extends RequestLine>(
  handle: FileHandle,
  replay: Replay<Effect, Request>,
): Promise<{ bytes: number; lines: number }> {
  const whole = { bytes: 0, lines: 0 };
  let effects: Effect[] = [];
  let bytes = 0;
  let rest = '';
  for await (const chunk of handle.createReadStream({
    start: 0,
    encoding: 'utf8',
    autoClose: false,
  })) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      bytes += Buffer.byteLength(part) + 1;
      const line = JSON.parse(part) as Effect | Request;
      if (line.kind === 'effect') {
        effects.push(line);
        continue;
      }
      replay(effects, line);
      whole.bytes = bytes;
      whole.lines += effects.length + 1;
      effects = [];
    }
  }
  return whole;
}

function writer(
  file: string,
  handle: FileHandle,
  bytes: number,
  lines: number,
): Book<EffectLine, RequestLine> {
  let seq = lines;
  let durable = bytes;
  let pending = '';
  let writing = Promise.resolve();
  let waiting: Promise<void> | undefined;

  // A flush that failed fails every later one too: a stand-in without a book must not answer.
  const flush = (): Promise<void> => {
    const batch = Buffer.from(pending);
    pending = '';
    waiting = undefined;
    writing = handle
      .appendFile(batch)
      .then(() => handle.datasync())
      .then(() => void (durable += batch.length));
    return writing;
  };

  return {
    append(effects, request) {
      for (const line of [...effects, request]) {
        seq += 1;
        pending += `${JSON.stringify({ seq, ...line })}\n`;
      }
      waiting ??= writing.then(flush);
      return waiting;
    },
    async *dump() {
      yield '[';
      if (durable > 0) {
        // The last newline is left out, every other one becomes a comma.
        const range = { start: 0, end: durable - 2, encoding: 'utf8' } as const;
        for await (const chunk of createReadStream(file, range)) {
          yield String(chunk).replaceAll('\n', ',');
        }
      }
      yield ']';
    },
    async close() {
      await (waiting ?? writing).catch(() => undefined);
      await handle.close();
    },
  };
}
