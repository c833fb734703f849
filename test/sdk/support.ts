/** A clock that never waits, and an API on the other end of a bad line. */
import assert from 'node:assert/strict';
import type { Clock } from '../../src/sdk/clock.ts';

export interface FakeClock extends Clock {
  /** What was slept, in milliseconds. */
  readonly slept: number[];
  /** Whatever may not take longer has. */
  expire(): void;
}

/** Chance is a number that the test knows. */
export function fakeClock(random = 0.5): FakeClock {
  const slept: number[] = [];
  const limits = new Set<() => void>();
  let now = Date.parse('2026-11-21T12:00:00Z');
  return {
    slept,
    now: () => now,
    random: () => random,
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
    after(_, act) {
      limits.add(act);
      return () => void limits.delete(act);
    },
    expire() {
      for (const act of [...limits]) act();
    },
  };
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What becomes of one request: answered by whoever is there, or by this. */
export type Turn =
  | Response
  /** The request never arrives. */
  | 'lost'
  /** It arrives and is answered; the answer does not come back. */
  | 'answer lost'
  /** The answer is cut in the middle of its body. */
  | 'answer cut'
  | 'through';

export interface Line {
  readonly fetch: Fetch;
  /** Every request that was sent. */
  readonly sent: { readonly url: string; readonly key: string | null; readonly body: unknown }[];
}

/** Goes by the script, then lets everything through. */
export function badLine(script: readonly Turn[], fetch: Fetch): Line {
  const turns = [...script];
  const sent: Line['sent'] = [];
  return {
    sent,
    async fetch(url, init) {
      const key = new Headers(init.headers).get('idempotency-key');
      sent.push({ url, key, body: init.body });
      const turn = turns.shift() ?? 'through';
      if (turn instanceof Response) return turn;
      if (turn === 'lost') throw new TypeError('fetch failed');
      const answer = await fetch(url, init);
      if (turn === 'through') return answer;
      if (turn === 'answer lost') throw new TypeError('fetch failed');
      const { status, headers } = answer;
      return new Response((await answer.text()).slice(0, 20), { status, headers });
    },
  };
}

export function problem(status: number, code: string, headers: Record<string, string> = {}) {
  const body = { type: `/problems/${code}`, title: 'No', status, detail: '', instance: 'req_1' };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/problem+json', 'X-Request-Id': 'req_1', ...headers },
  });
}

export const NOBODY: Fetch = () => Promise.reject(new TypeError('fetch failed'));

export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => assert.fail('it went well'),
    (error: unknown) => error,
  );
}
