/**
 * Webhooks as Standard Webhooks (https://www.standardwebhooks.com) has them: what an attempt came to,
 * and when the next one is due. Whoever receives them tells one event from another by its ID.
 */
import type { EventId, EventType } from './event.ts';

export type EndpointId = `whe_${string}`;

/** What can be delivered: an event of an order, or the test that a tenant asks for. */
export type DeliveredType = EventType | 'webhook.test';

export const DISABLED_REASONS = ['asked', 'gone', 'failing'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** What one event says beside an order's: nothing but that it arrived. */
export interface TestEvent {
  readonly id: EventId;
  readonly type: 'webhook.test';
  readonly occurredAt: string;
  readonly endpointId: EndpointId;
}

// The pauses after the first attempt and those that follow, as the standard proposes them: what is
// down for a moment is late by seconds, and what is down for a long weekend misses nothing.
export const SCHEDULE_SECONDS: readonly number[] = [
  5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
];

/** One request and what came of it: a status, or the reason why there is none. */
export interface Attempted {
  readonly status?: number;
  readonly error?: string;
  /** The beginning of what was answered. */
  readonly answer?: string;
  readonly durationMs: number;
  /** When the receiver said that it may be asked again. */
  readonly retryAfterMs?: number;
}

export interface Verdict {
  readonly outcome: DeliveryStatus;
  /** Until this delivery is tried again. */
  readonly waitMs: number;
  /** Until its endpoint is tried with anything. */
  readonly holdMs: number;
  /** 410: the receiver wants no more of them. */
  readonly isGone: boolean;
}

export interface Circumstances {
  /** Of this delivery before, since it was last sent by hand. */
  readonly tries: number;
  /** Of its endpoint, in a row. */
  readonly failures: number;
  readonly scheduleSeconds: readonly number[];
  readonly longestHoldMs: number;
  /** From 0 to 1. */
  readonly random: number;
}

export function judge(attempted: Attempted, circumstances: Circumstances): Verdict {
  const { status = 0 } = attempted;
  if (status >= 200 && status < 300) {
    return { outcome: 'delivered', waitMs: 0, holdMs: 0, isGone: false };
  }
  const { tries, failures, scheduleSeconds, longestHoldMs, random } = circumstances;
  const asked = Math.min(attempted.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
  const hold = Math.min(SHORTEST_HOLD_MS * 2 ** failures, longestHoldMs);
  const pause = scheduleSeconds[tries];
  return {
    outcome: pause === undefined ? 'failed' : 'pending',
    // Later by up to a quarter, so that what failed together does not come back together.
    waitMs: Math.max(asked, (pause ?? 0) * 1_000 * (1 + random / 4)),
    holdMs: Math.max(asked, hold),
    isGone: status === 410,
  };
}

// Nobody's word keeps an event back for longer than the longest pause of the schedule.
const LONGEST_RETRY_AFTER_MS = 86_400_000;

// One refusal that is about one event is no reason to keep the others waiting.
const SHORTEST_HOLD_MS = 200;

/** What a `Retry-After` header asks for, in either of its forms. */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  // JavaScript takes much else for a date.
  const at = /^[A-Z][a-z]+, /.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
