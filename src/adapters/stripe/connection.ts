/**
 * The connection to Stripe's API: the official SDK, each call sent once and with its own deadline.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import Stripe from 'stripe';

// Below the five seconds after which a Node server closes an idle connection: a reused connection
// that the other side has just closed costs an attempt.
const IDLE_MS = 4_000;

export function connect(secretKey: string, apiBase?: string): Stripe {
  const base = new URL(apiBase ?? 'https://api.stripe.com');
  const isPlain = base.protocol === 'http:';
  const agent = new (isPlain ? HttpAgent : HttpsAgent)({ keepAlive: true, timeout: IDLE_MS });
  return new Stripe(secretKey, {
    host: base.hostname,
    protocol: isPlain ? 'http' : 'https',
    ...(base.port === '' ? {} : { port: base.port }),
    httpClient: sendingOnce(Stripe.createNodeHttpClient(agent)),
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

/**
 * The SDK sends again by itself when a connection was closed, whatever its retries are set to, and
 * tells by the error's code. Retries are the engine's: it counts them and looks first.
 */
function sendingOnce(client: Stripe.HttpClient): Stripe.HttpClient {
  return {
    getClientName: () => client.getClientName(),
    async makeRequest(...request) {
      try {
        return await client.makeRequest(...request);
      } catch (error) {
        if (codeOf(error) === 'ETIMEDOUT') throw error;
        throw new Error('The connection was closed.', { cause: error });
      }
    },
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

export interface Deadline {
  /** Milliseconds left, at least 1: Stripe's SDK takes 0 for "no timeout". */
  readonly leftMs: () => number;
}

export function deadline(timeoutMs: number): Deadline {
  const end = performance.now() + timeoutMs;
  return { leftMs: () => Math.max(1, Math.floor(end - performance.now())) };
}

/** Whether Stripe answered from the memory of an idempotency key. */
export function isReplay(headers: Readonly<Record<string, unknown>>): boolean {
  return headers['idempotent-replayed'] === 'true';
}
