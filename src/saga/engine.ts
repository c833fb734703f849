/**
 * How sagas are run: one step at a time up to the pivot and past it, or back again by the undos of
 * every step that was begun. How each of them is tried is in tries.ts.
 */
import { ProgressBook } from './progress.ts';
import type { Runtime } from './runtime.ts';
import type { Committed, CompensableStep, Refused, Saga, SagaOptions, Unwind } from './scope.ts';
import { COMPENSABLE, OWN, PATIENT, PIVOT, UNDO, retryable } from './terms.ts';
import { Tries } from './tries.ts';
import type { Ordeal } from './tries.ts';
import type { Wrong } from './wrong.ts';

export class Engine implements Saga {
  readonly #runtime: Runtime;
  readonly #options: Omit<SagaOptions<unknown>, 'close'>;
  readonly #progress: ProgressBook;
  readonly #tries: Tries;
  readonly #undos: { readonly line: number; readonly compensate: () => Promise<unknown> }[] = [];
  #phase: 'forward' | 'committed' | 'unwinding' = 'forward';
  #inFlight: string | undefined;
  #reason: string | undefined;

  constructor(runtime: Runtime, options: Omit<SagaOptions<unknown>, 'close'>) {
    this.#runtime = runtime;
    this.#options = options;
    this.#progress = new ProgressBook({
      now: runtime.now,
      publish(progress) {
        runtime.publish(progress);
        options.onProgress?.(progress);
      },
    });
    this.#tries = new Tries(runtime, this.#progress, options);
  }

  /** The first reason there was to unwind; undefined while there is none. */
  get unwindingFor(): string | undefined {
    return this.#reason;
  }

  isUnwinding(error: unknown): boolean {
    return error instanceof Unwinding;
  }

  step<T>(name: string, { run, compensate, patient }: CompensableStep<T>): Promise<T> {
    return this.#alone(name, 'forward', async (line) => {
      await this.#heedCancellation(line);
      this.#undos.push({ line, compensate });
      if (this.#reason !== undefined) return await this.#recall(line, run);
      const outcome = await this.#tries.until(line, run, patient ? PATIENT : COMPENSABLE);
      return outcome.ok ? outcome.value : await this.#turnBack(line, run, outcome.wrong);
    });
  }

  pivot<T>(name: string, run: () => Promise<T>): Promise<Committed<T>> {
    return this.#alone(name, 'forward', async (line) => {
      await this.#heedCancellation(line);
      if (this.#reason !== undefined) throw this.#unwinding();
      const result = await this.#runtime.shield(() => this.#decide(line, run));
      this.#phase = 'committed';
      return { result, step: this.#committedStep };
    });
  }

  /** Every recorded undo in reverse, then the end; shielded, and tried until it is done. */
  unwind<T>(close: () => Promise<T>): Promise<T> {
    return this.#runtime.shield(async () => {
      const undone: Promise<unknown>[] = [];
      for (const { line, compensate } of this.#undos.toReversed()) {
        this.#progress.note(line, { state: 'undoing', undo: true, attempts: 0 });
        // One that has to wait lets those of the earlier steps run.
        await new Promise<unknown>((goOn) => {
          const undoing = this.#tries.must(line, compensate, {
            ...UNDO,
            onWait: () => goOn(undefined),
          });
          undone.push(undoing.finally(() => goOn(undefined)));
        });
      }
      await Promise.all(undone);
      return await this.#tries.must(this.#progress.begin('close'), close, OWN);
    });
  }

  readonly #committedStep = <R>(
    name: string,
    run: () => Promise<R>,
    options: { readonly refusals?: readonly string[]; readonly optional?: boolean } = {},
  ): Promise<never> =>
    this.#alone(name, 'committed', (line) =>
      this.#runtime.shield(async () => {
        const outcome = await this.#tries.until(line, run, retryable(options));
        return (outcome.ok ? outcome.value : asRefused(outcome.wrong)) as never;
      }),
    );

  /** Runs one step at a time: two in flight would have no order to be undone in. */
  async #alone<T>(
    name: string,
    phase: 'forward' | 'committed',
    work: (line: number) => Promise<T>,
  ): Promise<T> {
    if (this.#phase !== phase) throw new Error(`step '${name}' while the saga is ${this.#phase}`);
    if (this.#inFlight !== undefined) {
      throw new Error(`step '${name}' while '${this.#inFlight}' is in flight`);
    }
    if (this.#progress.has(name)) throw new Error(`two steps are called '${name}'`);
    this.#inFlight = name;
    try {
      return await work(this.#progress.begin(name));
    } finally {
      this.#inFlight = undefined;
    }
  }

  async #heedCancellation(line: number): Promise<void> {
    if (this.#reason !== undefined || !this.#runtime.cancelRequested()) return;
    const cancelled = { kind: 'cancelled', detail: 'cancelled' } as const;
    this.#tries.giveUp(line, cancelled);
    await this.#agreeToUnwind(line, cancelled);
  }

  /** A compensable step was refused, failed or cancelled: unwinds, unless it is too late for that. */
  async #turnBack<T>(line: number, run: () => Promise<T>, wrong: Wrong): Promise<T> {
    if (!(await this.#agreeToUnwind(line, wrong))) {
      return await this.#runtime.shield(() => this.#tries.must(line, run, retryable({})));
    }
    // A step that is refused now was not done by an earlier run either, nor what follows it.
    if (wrong.kind === 'refusal') throw this.#unwinding();
    return await this.#recall(line, run);
  }

  /**
   * The undos are in a run's memory, and this run may be the second of its saga: stopped here, it
   * would not know of the steps that the first one did after this. So it walks on, and lists their
   * undos, for as long as the books answer with what a step has done; they refuse any other now.
   */
  async #recall<T>(line: number, run: () => Promise<T>): Promise<T> {
    if (this.#options.beginUnwind === undefined) throw this.#unwinding();
    const outcome = await this.#runtime.shield(() => this.#tries.until(line, run, PIVOT));
    if (!outcome.ok) throw this.#unwinding();
    return outcome.value;
  }

  #unwinding(): Unwinding {
    this.#phase = 'unwinding';
    return new Unwinding(this.#reason);
  }

  /** The pivot: only a refusal unwinds, and only when the books agree; if they do not, it is a bug. */
  async #decide<T>(line: number, run: () => Promise<T>): Promise<T> {
    for (const ordeal: Ordeal = { round: 1 }; ;) {
      const outcome = await this.#tries.until(line, run, PIVOT, ordeal);
      if (outcome.ok) return outcome.value;
      if (await this.#agreeToUnwind(line, outcome.wrong)) throw this.#unwinding();
      const detail = `too late to unwind, and yet: ${outcome.wrong.detail}`;
      ordeal.wrong = { kind: 'bug', detail };
    }
  }

  /** Asks whoever keeps the books. False: it is too late, and the step must succeed. */
  async #agreeToUnwind(line: number, wrong: Wrong): Promise<boolean> {
    const { gate, reason } = await this.#askToUnwind(reasonOf(wrong));
    if (gate !== 'unwinding') {
      this.#progress.note(line, { state: 'running' });
      return false;
    }
    this.#reason = reason ?? reasonOf(wrong);
    return true;
  }

  async #askToUnwind(reason: string): Promise<Unwind> {
    const ask = this.#options.beginUnwind;
    if (ask === undefined) return { gate: 'unwinding', reason };
    const line = this.#progress.begin('begin to unwind');
    const answer = await this.#runtime.shield(() => this.#tries.must(line, () => ask(reason), OWN));
    const agreed = `agreed: ${answer.reason ?? reason}`;
    const detail = answer.gate === 'unwinding' ? agreed : 'too late: it has to succeed';
    this.#progress.note(line, { detail });
    return answer;
  }
}

/** Thrown through the saga's body once it is agreed that everything is undone. */
class Unwinding extends Error {}

function asRefused(wrong: Wrong): Refused {
  if (wrong.kind !== 'refusal')
    throw new Error(`a step after the pivot was given up: ${wrong.kind}`);
  return { refused: wrong.code, detail: wrong.detail };
}

function reasonOf(wrong: Wrong): string {
  if (wrong.kind === 'refusal') return wrong.code;
  return wrong.kind === 'cancelled' ? 'cancelled' : 'temporarily-unavailable';
}
