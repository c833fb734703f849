/** Requests and answers as they are on the wire: the bytes of a body, and every header that was sent. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { describedAnswer } from '../../support/contract.ts';

export interface Sent {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string;
}

export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

interface How {
  readonly signal?: AbortSignal;
  /** On a connection that is nobody else's, so that what is cut is this answer alone. */
  readonly isAlone?: boolean;
}

/** An answer that is cut is an error. */
export function send(url: string, sent: Sent, { signal, isAlone }: How = {}): Promise<Seen> {
  const { method, path, headers, body } = sent;
  const agent = isAlone === true ? false : shared;
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent, ...(signal && { signal }) };
    const asking = request(`${url}${path}`, options, (incoming) => {
      read(incoming).then(resolve, reject);
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

const shared = new Agent({ keepAlive: true });

/** Throws unless the OpenAPI document has this answer. */
export async function requireDescribed({ method, path }: Sent, seen: Seen): Promise<void> {
  const { status, headers, bytes } = seen;
  const body = bytes.length === 0 ? null : new Uint8Array(bytes);
  const answer = new Response(body, { status, headers });
  assert.ok(await describedAnswer(method, path, answer), `${path} is described`);
}

/** As it was read; an empty answer is `{}`. */
export function bodyOf({ bytes }: Seen): Record<string, unknown> {
  return JSON.parse(bytes.length === 0 ? '{}' : bytes.toString()) as Record<string, unknown>;
}

// The server's, not the API's.
const OF_THE_CONNECTION = ['connection', 'date', 'keep-alive', 'transfer-encoding'];

async function read(incoming: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    if (OF_THE_CONNECTION.includes(name)) continue;
    for (const value of values ?? []) headers.append(name, value);
  }
  return { status: incoming.statusCode ?? 0, headers, bytes: Buffer.concat(chunks) };
}
