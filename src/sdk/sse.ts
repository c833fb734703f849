/**
 * Reads `text/event-stream` as the HTML standard has it ("Interpreting an event stream"), from
 * chunks that may be cut anywhere. `EventSource` itself can neither send a credential nor be told
 * where to go on.
 */
export interface Message {
  readonly id: string | undefined;
  /** Empty where the sender only says how soon to come back. */
  readonly data: string;
  readonly retryMs: number | undefined;
}

export async function* messagesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Message> {
  let draft = EMPTY;
  for await (const line of linesOf(chunks)) {
    if (line !== '') {
      draft = withField(draft, line);
      continue;
    }
    if (draft !== EMPTY) yield { ...draft, data: draft.data.join('\n') };
    draft = EMPTY;
  }
  // What no empty line has ended was cut, and is not given out.
}

interface Draft {
  readonly id: string | undefined;
  readonly data: readonly string[];
  readonly retryMs: number | undefined;
}

const EMPTY: Draft = { id: undefined, data: [], retryMs: undefined };

/**
 * A line that begins with a colon is a heartbeat: a field without a name. The type of an event
 * stands in its data as well.
 */
function withField(draft: Draft, line: string): Draft {
  const colon = line.indexOf(':');
  const name = colon === -1 ? line : line.slice(0, colon);
  const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (name === 'data') return { ...draft, data: [...draft.data, value] };
  if (name === 'id' && !value.includes('\0')) return { ...draft, id: value };
  if (name === 'retry' && /^\d+$/.test(value)) return { ...draft, retryMs: Number(value) };
  return draft;
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  // It takes off a byte order mark, and keeps the beginning of a character until its rest is there.
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    // A carriage return at the very end may be the first half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
