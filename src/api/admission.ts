/**
 * Whether one more new order fits: not more are accepted than workers can begin in time. Each second
 * every API process looks how many orders wait for a worker and how many were begun since its last
 * look, and takes its share of what may come until the next one. So a request asks nobody, and whoever
 * was accepted does not wait behind a crowd that came later (docs/decisions/0025).
 */
import type { Logger } from 'pino';
import { createLoop } from './loop.ts';
import type { Loop } from './loop.ts';
import type { Waiting, WaitingOrders } from './ports.ts';

export interface Admission {
  /** Takes a place for a new order; false where there is none. */
  take(): boolean;
  /** It has turned out to be no new order. */
  giveBack(): void;
  learn(waiting: Waiting): void;
  readonly now: AdmissionState;
}

export interface AdmissionState {
  /** Orders that no worker has begun, at the last look. */
  readonly waiting: number;
  /** How many may wait before new ones are refused. */
  readonly limit: number;
  /** How many workers begin in a second, as far as it is known. */
  readonly perSecond: number;
}

export interface AdmissionOptions {
  /** API processes that share what may come. */
  readonly processes: number;
  /** How long a new order may have to wait for a worker. */
  readonly waitSeconds: number;
  /** While no worker begins anything, nobody can say how long: then so many may wait. */
  readonly mostWaiting: number;
  readonly now?: () => number;
}

// Of a stack of which nothing is known yet. It grows threefold within a second or two where workers can
// do more, and what other processes have let in lately is known at the first look.
const ASSUMED_PER_SECOND = 20;

// As many as are begun between two looks by one worker that has just started: fewer could keep it idle.
const FEWEST_WAITING = 10;

// Of one look's surprise: a second of few or many must not become the measure of all.
const SMOOTHING = 0.3;

// Looks in a row without any order begun. One may be a pause; three are an outage, of workers, of
// Temporal or of the way there: orders are accepted all the same, and begun when it is over.
const AN_OUTAGE = 3;

export function createAdmission(options: AdmissionOptions): Admission {
  const { processes, waitSeconds, mostWaiting, now = () => performance.now() } = options;
  let waiting = 0;
  let perSecond = ASSUMED_PER_SECOND;
  let looks = 0;
  let looksWithoutAny = 0;

  const limit = (): number => {
    if (looksWithoutAny >= AN_OUTAGE) return mostWaiting;
    return Math.min(Math.max(FEWEST_WAITING, perSecond * waitSeconds), mostWaiting);
  };
  // What will be begun within a second, and what is missing to the limit, or beyond it.
  const share = (): number => Math.max(0, perSecond + limit() - waiting) / processes;
  let refill = share();
  let places = refill;
  let filledAt = now();
  const fill = (): void => {
    const at = now();
    // A second's worth is kept, so that those who come at one moment are let in together.
    const most = refill > 0 ? Math.max(1, refill) : 0;
    places = Math.min(most, places + (refill * (at - filledAt)) / 1_000);
    filledAt = at;
  };
  const measure = (begun: number, seconds: number, wereWaiting: number): void => {
    const rate = begun / seconds;
    if (looks === 0) perSecond = Math.max(perSecond, rate);
    // Where none wait, workers begin no more than come: that tells nothing of what they could do.
    const isBusy = begun > 0 && wereWaiting >= FEWEST_WAITING;
    if (rate > perSecond || isBusy) perSecond += SMOOTHING * (rate - perSecond);
    looksWithoutAny = begun === 0 && waiting > 0 ? looksWithoutAny + 1 : 0;
  };

  return {
    take() {
      fill();
      if (places < 1) return false;
      places -= 1;
      return true;
    },
    giveBack() {
      places += 1;
    },
    learn({ waiting: found, came, seconds }) {
      // At the first look, those who wait may have come before what it looks back over.
      const before = looks === 0 ? 0 : waiting;
      const begun = Math.max(0, before + came - found);
      const wereWaiting = Math.min(before, found);
      waiting = found;
      measure(begun, seconds, wereWaiting);
      looks += 1;
      fill();
      refill = share();
    },
    get now() {
      return { waiting, limit: limit(), perSecond };
    },
  };
}

export interface AdmissionLoopOptions {
  readonly admission: Pick<Admission, 'learn'>;
  readonly orders: WaitingOrders;
  readonly log: Logger;
  readonly everyMs?: number;
}

// While PostgreSQL does not answer, what was known last holds.
export function keepLooking(options: AdmissionLoopOptions): Loop {
  const { admission, orders, log, everyMs = 1_000 } = options;
  let since: string | undefined;
  return createLoop({
    name: 'admission',
    everyMs,
    log,
    async pass() {
      const looked = await orders.look(since);
      since = looked.at;
      admission.learn(looked);
    },
  });
}
