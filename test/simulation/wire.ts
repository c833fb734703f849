/**
 * Every call that leaves a process: to PostgreSQL, to the parties outside, to Temporal, and the last
 * word of an attempt. They are numbered as they are made, and the story says by these numbers what
 * goes wrong with which.
 */
import { Unavailable } from '../../src/domain/wrong.ts';
import type { Scheduler } from './scheduler.ts';
import type { Process } from './temporal/worker.ts';

export const FAULTS = [
  /** It never arrives, and the caller is told so. */
  'fails',
  /** It is done, and the caller is told that it is not known. */
  'loses its answer',
  /** It never arrives, and the caller waits for as long as it can. */
  'hangs',
  /** It is done later, when the caller has given up. */
  'is done late',
  /** The process is stopped for a while before it is sent, and goes on as if nothing had been. */
  'is held up',
  /** The same before the answer is read. */
  'is answered to a stopped process',
  /** The process dies before it is sent. */
  'kills before',
  /** It is done, and the process dies before it has the answer. */
  'kills after',
  /** A programmer's mistake in the caller. */
  'meets a bug',
] as const;
export type FaultKind = (typeof FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** How long it hangs, is late, or holds up. */
  readonly seconds: number;
  /** So many calls in a row of the same name for the same saga. */
  readonly times: number;
}

interface Call {
  readonly process: Process;
  /** `book`, `gateway`, `carrier`, `mail`, `temporal`; `self` stays within the process. */
  readonly party: string;
  readonly name: string;
  /** The order, or the refund, that it is about. */
  readonly about: string;
  readonly timeoutMs: number;
}

export interface Happened {
  readonly call: Call;
  readonly number: number;
  readonly at: number;
  readonly fault: FaultKind | undefined;
}

export interface Wire {
  readonly carry: <T>(call: Call, effect: () => T | Promise<T>) => Promise<T>;
  readonly calls: () => number;
  /** No fault begins any more. */
  readonly heal: () => void;
}

export interface WireOptions {
  readonly scheduler: Scheduler;
  /** What goes wrong with the call of this number. */
  readonly faultAt: (number: number) => Fault | undefined;
  readonly kill: (process: Process, seconds: number) => void;
  readonly stop: (process: Process, seconds: number) => void;
  /** Told of each call as it is made, and of how it fares. */
  readonly onCall: (happened: Happened) => void;
  /** Told whenever something has been done. */
  readonly onEffect: (call: Call) => void;
}

export function createWire(options: WireOptions): Wire {
  const { scheduler } = options;
  const lasting = new Map<string, { readonly fault: Fault; left: number }>();
  let count = 0;
  let isHealed = false;

  const faultOf = (call: Call): Fault | undefined => {
    if (isHealed) return undefined;
    const begun = options.faultAt(count);
    if (begun === undefined && lasting.size === 0) return undefined;
    const key = `${call.about} ${call.name}`;
    if (begun !== undefined) lasting.set(key, { fault: begun, left: begun.times });
    const lasts = lasting.get(key);
    if (lasts === undefined || lasts.left === 0) return undefined;
    lasts.left -= 1;
    return heeds(call, lasts.fault.kind) ? lasts.fault : undefined;
  };

  return {
    calls: () => count,
    heal: () => (isHealed = true),
    carry<T>(call: Call, effect: () => T | Promise<T>): Promise<T> {
      count += 1;
      const fault = faultOf(call);
      options.onCall({ call, number: count, at: scheduler.now(), fault: fault?.kind });
      return new Promise<T>((resolve, reject) => {
        const sent = new Sent(options, call, effect, resolve, reject);
        const latency = call.party === 'self' ? 0 : 1 + scheduler.random.below(20);
        if (fault === undefined) scheduler.after(latency, () => sent.arrive(true));
        else suffer(options, sent, fault, latency);
      });
    },
  };
}

/** A call on its way. */
class Sent<T> {
  readonly call: Call;
  readonly reject: (error: Error) => void;
  readonly #options: WireOptions;
  readonly #effect: () => T | Promise<T>;
  readonly #resolve: (value: T) => void;

  constructor(
    options: WireOptions,
    call: Call,
    effect: () => T | Promise<T>,
    resolve: (value: T) => void,
    reject: (error: Error) => void,
  ) {
    this.call = call;
    this.reject = reject;
    this.#options = options;
    this.#effect = effect;
    this.#resolve = resolve;
  }

  /** It is done; the caller hears of it or does not. */
  arrive(isAnswered: boolean): void {
    Promise.resolve()
      .then(this.#effect)
      .then(
        (value) => {
          this.#options.onEffect(this.call);
          if (isAnswered) this.#deliver(() => this.#resolve(value));
        },
        (error: unknown) => {
          if (isAnswered) this.#deliver(() => this.reject(error as Error));
        },
      );
  }

  /** The caller is told that it is not known what became of it. */
  deny(words: string): void {
    this.#deliver(() => this.reject(new Unavailable(`${this.call.name}: ${words}`)));
  }

  /** Whoever is dead hears nothing; whoever is stopped hears it when it goes on. */
  #deliver(settle: () => void): void {
    const { process } = this.call;
    const { scheduler } = this.#options;
    if (!process.isAlive()) return;
    const wait = process.awakeAt() - scheduler.now();
    if (wait <= 0) settle();
    else scheduler.after(wait, () => this.#deliver(settle));
  }
}

function suffer<T>(
  { scheduler, kill, stop }: WireOptions,
  sent: Sent<T>,
  { kind, seconds }: Fault,
  latency: number,
): void {
  const { process, timeoutMs } = sent.call;
  const later = seconds * 1_000;
  switch (kind) {
    case 'fails':
      return void scheduler.after(latency, () => sent.deny('no connection'));
    case 'loses its answer':
      return void scheduler.after(latency, () => {
        sent.arrive(false);
        sent.deny('connection lost');
      });
    case 'hangs':
      return void scheduler.after(timeoutMs, () => sent.deny('no answer'));
    case 'is done late':
      scheduler.after(later, () => sent.arrive(false));
      return void scheduler.after(Math.min(timeoutMs, later), () => sent.deny('no answer'));
    case 'is held up':
      stop(process, seconds);
      return void scheduler.after(later, () => process.isAlive() && sent.arrive(true));
    case 'is answered to a stopped process':
      return void scheduler.after(latency, () => {
        stop(process, seconds);
        sent.arrive(true);
      });
    case 'kills before':
      kill(process, seconds);
      break;
    case 'kills after':
      return void scheduler.after(latency, () => {
        sent.arrive(false);
        kill(process, seconds);
      });
    case 'meets a bug':
      sent.reject(new TypeError('undefined is not money'));
  }
}

const ON_ONESELF = new Set<FaultKind>(['is held up', 'kills before', 'kills after']);
const ON_TEMPORAL = new Set<FaultKind>(FAULTS.filter((kind) => kind !== 'meets a bug'));

/** Not everything can go wrong with everything. */
function heeds({ party }: Call, kind: FaultKind): boolean {
  if (party === 'self') return ON_ONESELF.has(kind);
  return party !== 'temporal' || ON_TEMPORAL.has(kind);
}
