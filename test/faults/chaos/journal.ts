/** The clients' book: each request as it was sent, each answer as it was seen, in that order. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

export interface Entry {
  readonly client: number;
  readonly tenant: string;
  readonly kind: 'send' | 'answer' | 'lost';
  readonly method: string;
  readonly path: string;
  readonly key?: string;
  readonly prefer?: string;
  readonly accept?: string;
  readonly lastEventId?: string;
  readonly requestId: string;
  readonly body?: unknown;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly why?: string;
  /** Joins what was sent with what came of it. */
  readonly call: number;
}

export interface Journal {
  readonly write: (entry: Entry) => void;
  readonly close: () => Promise<void>;
}

export function openJournal(file: string): Journal {
  const stream = createWriteStream(file);
  return {
    write: (entry) => void stream.write(`${JSON.stringify({ at: Date.now(), ...entry })}\n`),
    async close() {
      stream.end();
      await once(stream, 'close');
    },
  };
}
