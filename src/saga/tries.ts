/**
 * How one step, or one undo, is tried: each attempt noted for the operators, every wrong sorted into
 * a refusal, a failure or a bug before anything follows from it, and whoever has to go on without
 * success parked, where an operator sees it and can end it.
 */
import type { Duty } from './attempt.ts';
import { ParkingLot } from './parking.ts';
import type { ParkedStep, Resolution } from './parking.ts';
import type { ProgressBook } from './progress.ts';
import type { Runtime } from './runtime.ts';
import type { SagaOptions } from './scope.ts';
import { LOOK, pauseMs } from './terms.ts';
import type { Terms } from './terms.ts';
import { classify } from './wrong.ts';
import type { Wrong } from './wrong.ts';

export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly wrong: Wrong };

// Each may cost a look, some six events, and Temporal ends a run at 51,200. Who hints without end is
// not heard without end: the step looks by itself.
const MOST_HINTS = 1_000;

/** `line` is the step's line in the progress. */
export class Tries {
  readonly #runtime: Runtime;
  readonly #progress: ProgressBook;
  readonly #options: Omit<SagaOptions<unknown>, 'close'>;
  readonly #parked = new ParkingLot();
  readonly #sleepers = new Set<() => void>();
  #looks = 0;

  constructor(
    runtime: Runtime,
    progress: ProgressBook,
    options: Omit<SagaOptions<unknown>, 'close'>,
  ) {
    this.#runtime = runtime;
    this.#progress = progress;
    this.#options = options;
    runtime.onResolution({
      check: (resolution) => this.#parked.check(resolution),
      resolve: (resolution) => this.#parked.resolve(resolution),
    });
    runtime.onLook(() => {
      if (this.#looks >= MOST_HINTS) return;
      this.#looks += 1;
      for (const wake of this.#sleepers) wake();
    });
  }

  /** Tries until it succeeds, or ends with a wrong that these terms do not put up with. */
  async until<T>(
    line: number,
    run: () => Promise<T>,
    terms: Terms,
    ordeal: Ordeal = { round: 1 },
  ): Promise<Outcome<T>> {
    for (;;) {
      try {
        const trouble = ordeal.wrong && { ...terms, wrong: ordeal.wrong, ordeal };
        const decided = trouble && (await this.#wait(line, run, trouble));
        ordeal.looks = this.#looks;
        return decided ?? (await this.#attempt(line, run, terms.duty));
      } catch (error) {
        const wrong = this.#asPending(classify(error), ordeal.wrong);
        ordeal.wrong = wrong;
        ordeal.round += 1;
        if (!terms.endures(wrong)) return this.giveUp(line, wrong);
      }
    }
  }

  /** Tries on terms that nothing but success ends. */
  async must<T>(line: number, run: () => Promise<T>, terms: Terms): Promise<T> {
    const outcome = await this.until(line, run, terms);
    if (!outcome.ok) throw new Error('a step that must succeed was given up');
    return outcome.value;
  }

  async #attempt<T>(line: number, run: () => Promise<T>, duty: Duty): Promise<Outcome<T>> {
    this.#progress.countAttempt(line);
    const waits = () => duty === 'parked' || this.#progress.note(line, { state: 'waiting' });
    const value = await this.#runtime.attempt({ duty, waits }, run);
    this.#progress.note(line, { state: this.#success(line) });
    return { ok: true, value };
  }

  #success(line: number): 'done' | 'undone' {
    return this.#progress.at(line).undo ? 'undone' : 'done';
  }

  giveUp(line: number, wrong: Wrong): { readonly ok: false; readonly wrong: Wrong } {
    const state = wrong.kind === 'refusal' ? 'refused' : 'failed';
    this.#progress.note(line, { state, detail: wrong.detail });
    return { ok: false, wrong };
  }

  /** What is pending is asked again later; anything else waits for an operator, and goes on trying. */
  async #wait<T>(line: number, run: () => Promise<T>, terms: Trouble): Promise<Decided<T>> {
    const { wrong, ordeal, onWait } = terms;
    onWait?.();
    if (wrong.kind !== 'pending') return await this.#park(line, run, terms);
    // It may have looked too early for what it was told to look for.
    if (ordeal.looks !== this.#looks) return undefined;
    this.#progress.note(line, { state: 'waiting', detail: wrong.detail });
    const ms = wrong.againMs ?? pauseMs(ordeal.round);
    await this.#unlessWoken([() => this.#runtime.sleep(ms, wrong.detail)]);
    return undefined;
  }

  /** What waits with a deadline goes on waiting when a look at it fails before that. */
  #asPending(wrong: Wrong, before: Wrong | undefined): Wrong {
    if (wrong.kind !== 'failure' || before?.kind !== 'pending') return wrong;
    const { until = -Infinity } = before;
    return this.#runtime.now() < until ? before : wrong;
  }

  /** The same as a race; a look ends it without a winner. */
  async #unlessWoken<T>(contenders: readonly (() => Promise<T>)[]): Promise<T | undefined> {
    let wake: () => void = () => undefined;
    const woken = new Promise<undefined>((resolve) => (wake = () => resolve(undefined)));
    this.#sleepers.add(wake);
    try {
      return await this.#runtime.race<T | undefined>([...contenders, () => woken]);
    } finally {
      this.#sleepers.delete(wake);
    }
  }

  async #park<T>(line: number, run: () => Promise<T>, trouble: Trouble): Promise<Decided<T>> {
    const { wrong, ordeal } = trouble;
    // Where books are kept an operator's word belongs into them: all that is left is to make the
    // step look, and to say so here would be to promise more.
    const hasBooks = this.#options.beginUnwind !== undefined;
    const choices = hasBooks ? LOOK : trouble.choices;
    const { step, undo = false } = this.#progress.at(line);
    const shown = hasBooks ? {} : { choices: choices.actions };
    this.#progress.note(line, { state: 'parked', detail: wrong.detail, ...shown });
    try {
      return await this.#unlessWoken<Decided<T>>([
        async () => {
          await this.#runtime.sleep(pauseMs(ordeal.round));
          return await this.#attempt(line, run, 'parked');
        },
        async () => this.#obey(line, await this.#parked.decision(step, choices), ordeal),
        async () => {
          await this.#call({ step, undo, detail: wrong.detail }, ordeal);
          return await new Promise<never>(() => undefined);
        },
      ]);
    } finally {
      this.#parked.leave(step);
    }
  }

  /** Once for one trouble, and again if the wait was over first. However it ends, the step waits on. */
  async #call(parked: ParkedStep, ordeal: Ordeal): Promise<void> {
    if (parked.detail === ordeal.told) return;
    const call = async () => {
      await this.#options.callOperator?.(parked);
      ordeal.told = parked.detail;
    };
    await this.#runtime.attempt({ duty: 'parked', waits: () => undefined }, call).catch(classify);
  }

  /** Undefined: the step is to be tried again at once. */
  #obey<T>(
    line: number,
    { action, result, code = '', by, why }: Resolution,
    ordeal: Ordeal,
  ): Decided<T> {
    const detail = `${action} by ${by}: ${why}`;
    this.#progress.note(line, { state: 'running', detail });
    if (action === 'retry') {
      ordeal.round = 1;
      return undefined;
    }
    if (action === 'refuse') return this.giveUp(line, { kind: 'refusal', code, detail });
    this.#progress.note(line, { state: action === 'skip' ? 'skipped' : this.#success(line) });
    return { ok: true, value: result as T };
  }
}

/** Undefined: nobody has decided anything, and the step is tried again. */
type Decided<T> = Outcome<T> | undefined;

/** What is known of a step from one round of tries to the next. */
export interface Ordeal {
  wrong?: Wrong;
  /** The trouble that an operator has been told of. */
  told?: string;
  /** How often it had been told to look when the last round began. */
  looks?: number;
  /** The round of tries that comes next, counted from 1; pauses grow with it. */
  round: number;
}

interface Trouble extends Terms {
  readonly wrong: Wrong;
  readonly ordeal: Ordeal;
}
