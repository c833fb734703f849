/**
 * How a careful client sends: with a timeout, and the same request with the same key again, at the
 * other API, until there is an answer that the contract calls final. All of it is in the journal.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry, Journal } from './journal.ts';
import type { Random } from './random.ts';
import type { Tenant } from './shelf.ts';

export interface Parcel {
  readonly client: number;
  readonly tenant: Tenant;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Becomes the request ID, with the number of the try. */
  readonly name: string;
  readonly key?: string;
  readonly prefer?: string;
  readonly accept?: string;
  readonly lastEventId?: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** No answer: it was lost. `text` is what came, whole or not. */
interface Sent {
  readonly answer?: Answer;
  readonly text: string;
}

interface Counts {
  requests: number;
  retries: number;
  lost: number;
  pushedBack: number;
}

export interface Courier {
  readonly counts: Readonly<Counts>;
  readonly trySend: (parcel: Parcel, api: number, attempt: number) => Promise<Sent>;
  /** Until there is a final answer; undefined when the run is over without one. */
  readonly send: (parcel: Parcel, random: Random) => Promise<Answer | undefined>;
}

export function createCourier(world: {
  readonly apiUrls: readonly string[];
  readonly apiKeys: Readonly<Record<Tenant, string>>;
  readonly seed: string;
  readonly journal: Journal;
  /** Aborted when nobody waits for an answer any more. */
  readonly over: AbortSignal;
}): Courier {
  const { apiUrls, apiKeys, seed, journal, over } = world;
  const counts: Counts = { requests: 0, retries: 0, lost: 0, pushedBack: 0 };

  const trySend: Courier['trySend'] = async (parcel, api, attempt) => {
    const call = (counts.requests += 1);
    const requestId = `chaos-${seed}-${parcel.name}-${attempt}`;
    const told = entryOf(parcel, requestId, call);
    const { body } = parcel;
    journal.write({ ...told, kind: 'send', ...(body !== undefined && { body }) });
    let text = '';
    try {
      const response = await fetch(`${apiUrls[api % apiUrls.length] ?? ''}${parcel.path}`, {
        method: parcel.method,
        headers: headersOf(parcel, apiKeys[parcel.tenant], requestId),
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([AbortSignal.timeout(parcel.timeoutMs), over]),
      });
      const { status, headers } = response;
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk as Uint8Array, { stream: true });
      }
      const shown = { status, headers: Object.fromEntries(headers), text };
      journal.write({ ...told, kind: 'answer', ...shown });
      return { answer: { status, headers, text }, text };
    } catch (error) {
      counts.lost += 1;
      journal.write({ ...told, kind: 'lost', why: wordsOf(error), ...(text !== '' && { text }) });
      return { text };
    }
  };

  return {
    counts,
    trySend,
    async send(parcel, random) {
      const first = random.int(0, apiUrls.length - 1);
      for (let attempt = 0; !over.aborted; attempt += 1) {
        if (attempt > 0) counts.retries += 1;
        const { answer } = await trySend(parcel, first + attempt, attempt);
        if (answer !== undefined && isFinal(answer)) return answer;
        if (answer !== undefined) counts.pushedBack += 1;
        await sleep(pauseMs(answer, attempt, random), undefined, { signal: over }).catch(
          () => undefined,
        );
      }
      return undefined;
    },
  };
}

type Told = Omit<Entry, 'kind' | 'body'>;

function entryOf(parcel: Parcel, requestId: string, call: number): Told {
  const { client, tenant, method, path, key, prefer, accept, lastEventId } = parcel;
  return {
    ...{ client, tenant, method, path, requestId, call },
    ...(key !== undefined && { key }),
    ...(prefer !== undefined && { prefer }),
    ...(accept !== undefined && { accept }),
    ...(lastEventId !== undefined && { lastEventId }),
  };
}

function headersOf(parcel: Parcel, apiKey: string, requestId: string): Record<string, string> {
  return {
    Authorization: `Bearer ${apiKey}`,
    'X-Request-Id': requestId,
    ...(parcel.key !== undefined && { 'Idempotency-Key': parcel.key }),
    ...(parcel.prefer !== undefined && { Prefer: parcel.prefer }),
    ...(parcel.accept !== undefined && { Accept: parcel.accept }),
    ...(parcel.lastEventId !== undefined && { 'Last-Event-ID': parcel.lastEventId }),
    ...(parcel.body !== undefined && { 'Content-Type': 'application/json' }),
  };
}

/** Whether the contract says that asking again would tell no more; docs/client.md has the list. */
function isFinal({ status, text }: Answer): boolean {
  if (status === 408 || status === 429 || status >= 500) return false;
  return status !== 409 || !text.includes('/problems/idempotency-in-progress');
}

// Short against an outage, long against a restart.
const LONGEST_PAUSE_MS = 2_000;

/** As long as it was asked for, else longer each time; never two clients at once. */
function pauseMs(answer: Answer | undefined, attempt: number, random: Random): number {
  const asked = Number(answer?.headers.get('retry-after') ?? 0) * 1_000;
  const backoff = Math.min(50 * 2 ** attempt, LONGEST_PAUSE_MS);
  return Math.min(Math.max(asked, backoff), LONGEST_PAUSE_MS) * (0.5 + random.fraction());
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
