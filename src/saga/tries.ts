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
import { pauseMs } from './terms.ts';
import type { Terms } from './terms.ts';
import { classify } from './wrong.ts';
import type { Wrong } from './wrong.ts';

export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly wrong: Wrong };

/** `line` is the step's line in the progress. */
export class Tries {
  readonly #runtime: Runtime;
  readonly #progress: ProgressBook;
  readonly #options: Omit<SagaOptions<unknown>, 'close'>;
  readonly #parked = new ParkingLot();

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
  }

  /** Tries until it succeeds, or ends with a wrong that these terms do not put up with. */
  async until<T>(
    line: number,
    run: () => Promise<T>,
    terms: Terms,
    before?: Wrong,
  ): Promise<Outcome<T>> {
    let told: string | undefined;
    for (let wrong = before, round = 1; ; round += 1) {
      try {
        const isNews = wrong?.detail !== told;
        told = wrong?.detail;
        const trouble = wrong && { ...terms, wrong, isNews, round };
        const decided = trouble && (await this.#wait(line, run, trouble));
        return decided ?? (await this.#attempt(line, run, terms.duty));
      } catch (error) {
        wrong = classify(error);
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
    const { wrong, round, onWait } = terms;
    onWait?.();
    if (wrong.kind !== 'pending') return await this.#park(line, run, terms);
    this.#progress.note(line, { state: 'waiting', detail: wrong.detail });
    await this.#runtime.sleep(pauseMs(round));
    return undefined;
  }

  async #park<T>(line: number, run: () => Promise<T>, trouble: Trouble): Promise<Decided<T>> {
    const { choices, round, wrong, isNews } = trouble;
    const { step, undo = false } = this.#progress.at(line);
    this.#progress.note(line, { state: 'parked', detail: wrong.detail, choices: choices.actions });
    try {
      return await this.#runtime.race<Decided<T>>([
        async () => {
          await this.#runtime.sleep(pauseMs(round));
          return await this.#attempt(line, run, 'parked');
        },
        async () => this.#obey(line, await this.#parked.decision(step, choices)),
        async () => {
          if (isNews) await this.#call({ step, undo, detail: wrong.detail });
          return await new Promise<never>(() => undefined);
        },
      ]);
    } finally {
      this.#parked.leave(step);
    }
  }

  /** However the call ends, the step waits on. */
  async #call(parked: ParkedStep): Promise<void> {
    const call = () => this.#options.callOperator?.(parked) ?? Promise.resolve();
    const attempt = { duty: 'parked', waits: () => undefined } as const;
    await this.#runtime.attempt<unknown>(attempt, call).catch(classify);
  }

  /** Undefined: the step is to be tried again at once. */
  #obey<T>(line: number, { action, result, code = '', by, why }: Resolution): Decided<T> {
    const detail = `${action} by ${by}: ${why}`;
    this.#progress.note(line, { state: 'running', detail });
    // Where books are kept the operator's word is in them, and the step answers it.
    if (action === 'retry' || this.#options.beginUnwind !== undefined) return undefined;
    if (action === 'refuse') return this.giveUp(line, { kind: 'refusal', code, detail });
    this.#progress.note(line, { state: action === 'skip' ? 'skipped' : this.#success(line) });
    return { ok: true, value: result as T };
  }
}

/** Undefined: nobody has decided anything, and the step is tried again. */
type Decided<T> = Outcome<T> | undefined;

interface Trouble extends Terms {
  readonly wrong: Wrong;
  /** Whether it is another trouble than that of the round before. */
  readonly isNews: boolean;
  /** How often it has been tried in earnest; pauses grow with it. */
  readonly round: number;
}
