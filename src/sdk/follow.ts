/**
 * Follows an order's events until the last one. A stream that is cut, falls silent or is refused for
 * the moment is taken up where it was left, so each event comes once and in order.
 */
import { isEnded } from '../domain/order.ts';
import { isPassing, problemOf } from './answers.ts';
import { limited } from './clock.ts';
import type { Limit } from './clock.ts';
import { NoAnswerError, ProblemError } from './errors.ts';
import { createPatience } from './retry.ts';
import type { Patience } from './retry.ts';
import { messagesOf } from './sse.ts';
import type { TransportDeps } from './transport.ts';
import type { Order, OrderEvent } from './types.ts';

export interface FollowOptions {
  /** The `id` of the last event that you have dealt with: only later ones come. */
  readonly after?: string | undefined;
  /** Once it aborts, the iteration throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface FollowDeps extends TransportDeps {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The order as it is now. */
  readonly now: () => Promise<Order>;
}

export async function* follow(
  deps: FollowDeps,
  { after, signal }: FollowOptions,
): AsyncGenerator<OrderEvent, void, undefined> {
  const patience = createPatience(deps.retry, deps.clock);
  const place: Place = { lastId: after, sequence: 0, isOver: false, hasHeard: false };
  let hasEnded = false;
  for (;;) {
    patience.tried();
    let news: OrderEvent | undefined;
    let wrong: unknown = new Error('the stream ended before the order');
    try {
      for await (const event of eventsOf(deps, place, signal)) yield (news = event);
      // A stream may end before the last event. There is none left where nothing new comes of an
      // order that had ended before the question.
      if (place.isOver || (hasEnded && !news)) return;
      hasEnded = isEnded(news === undefined ? (await deps.now()).status : news.data.status);
      if (hasEnded) continue;
    } catch (error) {
      wrong = error;
    }
    const pauseMs = pauseAfter(wrong, patience, place, signal);
    await deps.clock.sleep(pauseMs, signal);
  }
}

/** Throws when it makes no sense to go on. */
function pauseAfter(
  wrong: unknown,
  patience: Patience,
  place: Place,
  signal: AbortSignal | undefined,
): number {
  signal?.throwIfAborted();
  if (wrong instanceof NoAnswerError) throw wrong;
  // What has gone well for a while may go wrong as often as at first.
  if (place.hasHeard) patience.reset();
  place.hasHeard = false;
  const problem = wrong instanceof ProblemError ? wrong : undefined;
  const pauseMs = patience.pauseMs(problem?.retryAfterMs ?? place.comeBackMs);
  if (isPassing(problem) && pauseMs !== undefined) return pauseMs;
  const about = { idempotencyKey: undefined, attempts: patience.tries, cause: wrong };
  throw problem ?? new NoAnswerError(about);
}

/** How far the events have come, over all connections. */
interface Place {
  lastId: string | undefined;
  sequence: number;
  /** The API has said that nothing follows. */
  isOver: boolean;
  /** Since the last connection was opened. */
  hasHeard: boolean;
  /** How soon the API wants to see us again. */
  comeBackMs?: number;
}

// Three of the API's heartbeats, which keep the stream open where nothing happens.
const SILENCE_MS = 45_000;

/** The events of one connection, without those that are known. */
async function* eventsOf(
  { fetch, url, headers, retry, clock }: FollowDeps,
  place: Place,
  signal: AbortSignal | undefined,
): AsyncGenerator<OrderEvent> {
  const limit = limited(clock, signal);
  try {
    limit.allow(retry.answerMs);
    const init = { headers: { ...headers, ...wanted(place) }, redirect: 'manual' } as const;
    const answer = await fetch(url, { ...init, signal: limit.signal });
    if (!answer.ok) throw await problemOf(answer, clock);
    place.isOver = answer.status === 204;
    if (place.isOver) return;
    const type = answer.headers.get('content-type') ?? 'nothing';
    if (!type.startsWith('text/event-stream')) throw new Error(`events came as ${type}`);
    for await (const { id, data, retryMs } of messagesOf(chunksOf(answer, limit, place))) {
      if (retryMs !== undefined) place.comeBackMs = retryMs;
      if (data === '') continue;
      const event = JSON.parse(data) as OrderEvent;
      if (event.sequence <= place.sequence) continue;
      place.sequence = event.sequence;
      place.lastId = id ?? event.id;
      yield event;
    }
  } finally {
    limit.end();
  }
}

function wanted({ lastId }: Place): Readonly<Record<string, string>> {
  return { Accept: 'text/event-stream', ...(lastId !== undefined && { 'Last-Event-ID': lastId }) };
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Leaves off where nothing comes for too long, however long what came is being dealt with. */
async function* chunksOf(answer: Response, limit: Limit, place: Place): AsyncGenerator<Uint8Array> {
  const reader = answer.body?.getReader() as Reader | undefined;
  const cancel = () => void reader?.cancel().catch(() => undefined);
  limit.signal.addEventListener('abort', cancel);
  try {
    for (;;) {
      limit.allow(SILENCE_MS);
      const chunk = await reader?.read();
      limit.signal.throwIfAborted();
      if (chunk?.value === undefined) return;
      limit.allow(0);
      place.hasHeard = true;
      yield chunk.value;
    }
  } finally {
    cancel();
  }
}
