/** What was seen, held against what is promised: one line each, and whether it holds. Pure. */
import { inDigits, percentile } from '../compare/statistics.ts';
import type { Asked } from './crowd.ts';

export interface Line {
  readonly passed: boolean;
  readonly says: string;
}

export interface Seen {
  /** Orders that ended in a second, of a closed loop and during the overload. */
  readonly capacity: number;
  readonly goodput: number;
  readonly offered: number;
  readonly asked: readonly Asked[];
  /** From acceptance to decision, of orders accepted during the overload. */
  readonly secondsToDecision: readonly number[];
  readonly memory: Readonly<Record<string, readonly number[]>>;
  /** Decisions without load, before and after it. */
  readonly unloadedMs: readonly number[];
  readonly recoverySeconds: number;
}

/** The bound of an accepted order. */
export const DECIDED_WITHIN_SECONDS = 10;

// A refusal costs two questions to PostgreSQL; on a machine whose cores are all busy they wait as well.
const REFUSED_WITHIN_MS = { p50: 100, p99: 1_000 };

const LEAST_GOODPUT = 0.8;
const RECOVERED_WITHIN_SECONDS = 30;

// What a garbage collector leaves lying about, one time more and another time less.
const MEMORY_SLACK_MIB = 24;
const MEMORY_SHARE = 1.1;

export function judgeOverload(seen: Seen): readonly Line[] {
  const { capacity, goodput, offered, secondsToDecision, recoverySeconds } = seen;
  const p99 = percentile(secondsToDecision, 0.99);
  return [
    line(
      offered >= 2.5 * capacity,
      `offered ${inDigits(offered)} orders/s, ${inDigits(offered / capacity)} × the capacity of ${inDigits(capacity)}`,
    ),
    ...judgeAnswers(seen.asked),
    line(
      p99 <= DECIDED_WITHIN_SECONDS,
      `accepted orders are decided within ${DECIDED_WITHIN_SECONDS} s: p99 ${inDigits(p99)} s, p50 ${inDigits(percentile(secondsToDecision, 0.5))} s, of ${secondsToDecision.length}`,
    ),
    line(
      goodput >= LEAST_GOODPUT * capacity,
      `goodput ${inDigits(goodput)} orders/s: ${inDigits((100 * goodput) / capacity)} % of capacity, at least ${100 * LEAST_GOODPUT} %`,
    ),
    ...Object.entries(seen.memory).map(([name, mib]) => judgeMemory(name, mib)),
    line(
      recoverySeconds <= RECOVERED_WITHIN_SECONDS,
      `recovered ${inDigits(recoverySeconds)} s after the load: nothing left to do, and decisions as fast as before (p50 ${inDigits(percentile(seen.unloadedMs, 0.5))} ms)`,
    ),
  ];
}

/** Refused early, with a word on when to come back; and what was accepted before is never refused. */
function judgeAnswers(asked: readonly Asked[]): readonly Line[] {
  const orders = asked.filter(({ purpose }) => purpose === 'new' || purpose === 'again');
  const refused = orders.filter(({ status }) => status === 429 || status === 503);
  const accepted = orders.filter(({ status }) => status === 202).length;
  const silent = asked.filter(({ status }) => status === 0).length;
  const wrong = asked.filter(({ status }) => status >= 500 && status !== 503).length;
  const mute = refused.filter(({ retryAfter }) => !retryAfter).length;
  const [p50, p99] = [0.5, 0.99].map((share) =>
    percentile(
      refused.map(({ ms }) => ms),
      share,
    ),
  );
  const known = asked.filter(({ purpose }) => ['replay', 'read', 'cancel'].includes(purpose));
  const turnedAway = known.filter(({ status }) => status === 429 || status === 503).length;
  return [
    line(
      silent === 0 && wrong === 0,
      `${orders.length} orders: ${accepted} accepted, ${refused.length} refused, ${wrong} answered 500; ${silent} requests without an answer`,
    ),
    line(
      refused.length > 0 && mute === 0,
      `every refusal says when to come back: ${mute} without Retry-After`,
    ),
    line(
      (p50 ?? Infinity) <= REFUSED_WITHIN_MS.p50 && (p99 ?? Infinity) <= REFUSED_WITHIN_MS.p99,
      `refused early: p50 ${inDigits(p50 ?? NaN)} ms (≤ ${REFUSED_WITHIN_MS.p50}), p99 ${inDigits(p99 ?? NaN)} ms (≤ ${REFUSED_WITHIN_MS.p99})`,
    ),
    line(
      known.length > 0 && turnedAway === 0,
      `${known.length} replays, reads and cancels of accepted orders: ${turnedAway} refused`,
    ),
  ];
}

/** Between the second quarter, when all that is kept has been filled, and the last one. */
export function judgeMemory(name: string, mib: readonly number[]): Line {
  const quarter = (n: number) =>
    percentile(
      mib.slice(Math.floor((n * mib.length) / 4), Math.floor(((n + 1) * mib.length) / 4)),
      0.5,
    );
  const [early, late] = [quarter(1), quarter(3)];
  return line(
    late <= MEMORY_SHARE * early + MEMORY_SLACK_MIB,
    `memory of ${name} is flat: ${inDigits(early)} MiB in the second quarter, ${inDigits(late)} in the last`,
  );
}

export function line(passed: boolean, says: string): Line {
  return { passed, says };
}

export function inWords({ passed, says }: Line): string {
  return `${passed ? 'passed' : 'FAILED'}: ${says}`;
}
