/** A client of an event stream that reads it as the standard says, by a parser of its own. */
import assert from 'node:assert/strict';

export interface Frame {
  readonly id: string;
  readonly event: string;
  readonly data: StreamedEvent;
}

interface StreamedEvent {
  readonly id: string;
  readonly type: string;
  readonly orderId: string;
  readonly refundId?: string;
  readonly sequence: number;
  readonly data: { readonly status: string };
}

export interface ReadStream {
  /** The next event; undefined once the stream has ended. */
  next(): Promise<Frame | undefined>;
  /** All that follow. */
  rest(): Promise<Frame[]>;
  readonly comments: string[];
  readonly retries: number[];
  /** Hangs up. */
  cancel(): Promise<void>;
}

export function readStream(answer: Response): ReadStream {
  assert.equal(answer.status, 200);
  assert.ok(answer.body);
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  const frames: Frame[] = [];
  const comments: string[] = [];
  const retries: number[] = [];
  let text = '';
  let fields: Record<string, string> = {};
  const readLine = (line: string): void => {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (line === '') {
      const { id = '', event = '', data } = fields;
      if (data !== undefined) frames.push({ id, event, data: JSON.parse(data) as StreamedEvent });
      fields = {};
    } else if (name === '') comments.push(value);
    else if (name === 'retry') retries.push(Number(value));
    else fields[name] = value;
  };
  const next = async (): Promise<Frame | undefined> => {
    while (frames.length === 0) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += decoder.decode(value, { stream: true });
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      lines.forEach(readLine);
    }
    return frames.shift();
  };
  return {
    next,
    async rest() {
      const all: Frame[] = [];
      for (let frame = await next(); frame !== undefined; frame = await next()) all.push(frame);
      return all;
    },
    comments,
    retries,
    cancel: () => reader.cancel(),
  };
}
