/**
 * One POST to whatever URL a tenant has named, and nothing that it could be abused for: https to
 * public addresses only, looked up here and checked at the moment of connecting, so that no name can
 * change its address in between; no redirect is followed, and no answer read for long.
 */
import { lookup as resolve } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import http from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import type { Message, WebhookTransport } from '../../api/webhook-ports.ts';
import { retryAfterOf } from '../../domain/webhook.ts';
import type { Attempted } from '../../domain/webhook.ts';
import { isPublicAddress } from './addresses.ts';
import { signatureHeaders } from './signature.ts';

/** All addresses of a name. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface TransportOptions {
  /** Also http, and addresses that only this machine reaches: for development. */
  readonly allowPrivate: boolean;
  readonly resolve?: Resolve;
}

export interface ClosableTransport extends WebhookTransport {
  close(): void;
}

// For the next event, which is rarely far away; receivers close idle connections earlier or later.
const IDLE_MS = 30_000;

export function createTransport({
  allowPrivate,
  resolve: look = resolve,
}: TransportOptions): ClosableTransport {
  const options = { keepAlive: true, timeout: IDLE_MS };
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  const refusalOf = (url: string) => refusalOfUrl(url, allowPrivate);
  const lookup = allowPrivate ? undefined : guarded(look);

  /** Resolves with the answer's head. */
  const begin = (message: Message, signal: AbortSignal): Promise<IncomingMessage> =>
    new Promise((done, fail) => {
      const url = new URL(message.url);
      const protocol = url.protocol === 'http:' ? 'http:' : 'https:';
      const request = (protocol === 'http:' ? http : https).request(url, {
        method: 'POST',
        agent: agents[protocol],
        signal,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(message.body),
          'user-agent': 'makegood-webhooks/1',
          ...signatureHeaders(message, Date.now()),
        },
        ...(lookup && { lookup }),
      });
      if (!allowPrivate) checkConnected(request);
      request.once('response', done);
      request.once('error', (error) => {
        // A kept connection that its receiver has just closed says nothing about the receiver.
        if (request.reusedSocket && codeOf(error) === 'ECONNRESET' && !signal.aborted) {
          begin(message, signal).then(done, fail);
        } else fail(error);
      });
      request.end(message.body);
    });

  return {
    refusalOf,
    async send(message, { timeoutMs, signal }) {
      const began = performance.now();
      const refusal = refusalOf(message.url);
      if (refusal !== undefined) return { error: refusal, durationMs: 0 };
      const timeout = AbortSignal.timeout(timeoutMs);
      const attempted = await exchange(
        () => begin(message, AbortSignal.any([signal, timeout])),
        timeout,
      );
      signal.throwIfAborted();
      return { ...attempted, durationMs: Math.round(performance.now() - began) };
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

function refusalOfUrl(text: string, allowPrivate: boolean): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const protocols = allowPrivate ? ['https:', 'http:'] : ['https:'];
  if (url === undefined || !protocols.includes(url.protocol)) return 'Must be an https URL.';
  if (url.username !== '' || url.password !== '') return 'Must not contain credentials.';
  if (url.hash !== '') return 'Must not contain a fragment.';
  return allowPrivate || isEverybodys(url) ? undefined : NOT_PUBLIC;
}

function isEverybodys(url: URL): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) > 0) return isPublicAddress(host);
  // A name without a dot, and these, are looked up in the own network, if anywhere.
  return /[^.]\.[^.]/.test(host) && !OWN_NAMES.test(host);
}

const OWN_NAMES = /\.(localhost|local|internal)\.?$/i;
const NOT_PUBLIC = 'Must lead to a public address.';

/** The system's own look-up, whose answer is refused as a whole if any of it is not public. */
function guarded(look: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    look(hostname, { all: true }, (error, addresses) => {
      const [first] = addresses;
      if (error || first === undefined) {
        callback(error ?? new Error(NOT_PUBLIC), '', 0);
      } else if (!addresses.every(({ address }) => isPublicAddress(address))) {
        callback(new Error(NOT_PUBLIC), '', 0);
      } else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** Before TLS, and so before a byte of ours: whatever has led there, this is where it ends. */
function checkConnected(request: ClientRequest): void {
  request.once('socket', (socket) => {
    socket.once('connect', () => {
      const { remoteAddress = '' } = socket;
      if (!isPublicAddress(remoteAddress)) socket.destroy(new Error(NOT_PUBLIC));
    });
  });
}

type Answered = Omit<Attempted, 'durationMs'>;

async function exchange(
  begin: () => Promise<IncomingMessage>,
  timeout: AbortSignal,
): Promise<Answered> {
  try {
    const response = await begin();
    const status = response.statusCode ?? 0;
    const retryAfterMs = retryAfterOf(response.headers['retry-after'], Date.now());
    // The status has decided: what follows is for whoever reads the log.
    const answer = await beginningOf(response);
    return {
      status,
      ...(answer !== '' && { answer }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  } catch (error) {
    if (timeout.aborted) return { error: 'no answer in time' };
    return { error: codeOf(error) ?? (error instanceof Error ? error.message : 'unknown') };
  }
}

// Enough to recognize an error page by.
const SHOWN_BYTES = 512;

// A longer answer costs its receiver the connection.
const READ_BYTES = 16_384;

async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > READ_BYTES) break;
    }
  } catch {
    // As far as it came.
  }
  const shown = Buffer.concat(chunks).subarray(0, SHOWN_BYTES).toString('utf8');
  // What no store keeps, and no terminal should be told.
  return shown.replaceAll(/(?![\n\t])\p{Cc}/gu, '\uFFFD').trim();
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return String(error.code);
}
