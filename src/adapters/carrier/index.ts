/**
 * The carrier over HTTP. Shipments go under our own reference, so asking again is safe; this
 * adapter never retries, the engine does.
 */
import { z } from 'zod';
import type { Carrier } from '../../activities/ports.ts';
import { Refusal, retryAfterMs, Unavailable } from '../../domain/wrong.ts';

const shipped = z.object({ reference: z.string(), trackingNumber: z.string().min(1) });
const reused = z.object({ code: z.literal('reference-reused') });
const refused = z.object({ code: z.literal('address-refused'), detail: z.string() });

// A sentence for the customer; whatever is longer is not one.
const DETAIL_LENGTH = 200;

/** Statuses that leave open what happened, or promise that a later attempt may do. */
const NOT_NOW: readonly number[] = [408, 425, 429];

export function createCarrier({ baseUrl }: { baseUrl: string }): Carrier {
  const urlOf = (reference: string) =>
    new URL(`shipments/${encodeURIComponent(reference)}`, baseUrl.replace(/\/*$/, '/'));

  return {
    async requestShipment({ reference, requestId, address, lines }, { timeoutMs }) {
      const { status, body } = await exchange('requestShipment', urlOf(reference), timeoutMs, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ requestId, address, lines }),
      });
      if (status === 422) throw refusalIn(body);
      if (status !== 200 && status !== 201) throw bug('requestShipment', `status ${status}`);
      const answer = shipped.safeParse(body);
      if (!answer.success) throw bug('requestShipment', 'malformed answer');
      if (answer.data.reference !== reference) {
        throw bug('requestShipment', 'the answer is for another reference');
      }
      return { trackingNumber: answer.data.trackingNumber };
    },

    async cancelShipment(reference, { timeoutMs }) {
      const { status } = await exchange('cancelShipment', urlOf(reference), timeoutMs, {
        method: 'DELETE',
      });
      if (status !== 200 && status !== 204) throw bug('cancelShipment', `status ${status}`);
    },
  };
}

interface Exchanged {
  readonly status: number;
  /** Undefined when there was none. */
  readonly body: unknown;
}

/** Resolves with an answer that arrived whole and is final; anything less is `Unavailable`. */
async function exchange(
  operation: string,
  url: URL,
  timeoutMs: number,
  request: RequestInit,
): Promise<Exchanged> {
  const signal = AbortSignal.timeout(timeoutMs);
  let status: number;
  let body: unknown;
  let notBefore: number | undefined;
  try {
    const response = await fetch(url, { ...request, redirect: 'manual', signal });
    status = response.status;
    notBefore = retryAfterMs(response.headers.get('retry-after'));
    const text = await response.text();
    body = text === '' ? undefined : JSON.parse(text);
  } catch {
    const why = signal.aborted ? 'no answer in time' : 'no whole answer';
    throw new Unavailable(`Carrier ${operation}: ${why}`);
  }
  if (status >= 500 || NOT_NOW.includes(status) || isInUse(status, body)) {
    throw new Unavailable(`Carrier ${operation}: status ${status}`, { retryAfterMs: notBefore });
  }
  return { status, body };
}

/** The same reference at the same moment passes; one that stands for another shipment does not. */
function isInUse(status: number, body: unknown): boolean {
  return status === 409 && !reused.safeParse(body).success;
}

function refusalIn(body: unknown): Error {
  const answer = refused.safeParse(body);
  if (!answer.success) return bug('requestShipment', 'status 422 without a refusal');
  return new Refusal('address-refused', answer.data.detail.slice(0, DETAIL_LENGTH));
}

/** Names the operation and the status, never what was sent: it has an address in it. */
function bug(operation: string, what: string): Error {
  return new Error(`Carrier ${operation}: ${what}`);
}
