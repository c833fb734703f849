/**
 * How sagas are run: one step at a time, each attempt noted for the operators, every wrong sorted
 * into a refusal, a failure or a bug before anything follows from it.
 */
import { classify } from './wrong.ts';
import type { Wrong } from './wrong.ts';
import type { Runtime } from './runtime.ts';
import { ProgressBook } from './progress.ts';
import type { Committed, CompensableStep, Refused, Saga, SagaOptions, Unwind } from './scope.ts';

export class Engine implements Saga {
  readonly #runtime: Runtime;
  readonly #beginUnwind: SagaOptions<unknown>['beginUnwind'];
  readonly #progress: ProgressBook;
  readonly #undos: { readonly line: number; readonly compensate: () => Promise<unknown> }[] = [];
  #phase: 'forward' | 'committed' | 'unwinding' = 'forward';
  #inFlight: string | undefined;
  #reason: string | undefined;

  constructor(runtime: Runtime, beginUnwind: SagaOptions<unknown>['beginUnwind']) {
    this.#runtime = runtime;
    this.#beginUnwind = beginUnwind;
    this.#progress = new ProgressBook(runtime);
  }

  /** The first reason there was to unwind; undefined while there is none. */
  get unwindingFor(): string | undefined {
    return this.#reason;
  }

  isUnwinding(error: unknown): boolean {
    return error instanceof Unwinding;
  }

  step<T>(name: string, { run, compensate }: CompensableStep<T>): Promise<T> {
    return this.#alone(name, 'forward', async (line) => {
      await this.#heedCancellation(line);
      this.#undos.push({ line, compensate });
      const answer = this.#reason === undefined ? await this.#mayFail(line, run) : undefined;
      return answer?.ok ? answer.value : await this.#recall(line, run);
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
      for (const { line, compensate } of this.#undos.toReversed()) {
        this.#progress.note(line, { state: 'undoing', attempts: 0 });
        await this.#untilDone(line, compensate);
        this.#progress.note(line, { state: 'undone' });
      }
      return await this.#untilDone(this.#progress.begin('close'), close);
    });
  }

  readonly #committedStep = <R>(
    name: string,
    run: () => Promise<R>,
    { refusals = [] }: { readonly refusals?: readonly string[] } = {},
  ): Promise<never> =>
    this.#alone(name, 'committed', (line) =>
      this.#runtime.shield(async () => {
        const answer = await this.#untilAnswered(line, run, (code) => refusals.includes(code));
        return (answer.ok ? answer.value : answer.refusal) as never;
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
    this.#inFlight = name;
    try {
      return await work(this.#progress.begin(name));
    } finally {
      this.#inFlight = undefined;
    }
  }

  async #heedCancellation(line: number): Promise<void> {
    if (this.#reason !== undefined || !this.#runtime.cancelRequested()) return;
    await this.#agreeToUnwind(line, { kind: 'cancelled' });
  }

  /**
   * A compensable step: unwinds on a refusal, a failure or a cancel; a bug is waited out. Undefined
   * when it is agreed to unwind, and an earlier run may have come further than this one.
   */
  async #mayFail<T>(line: number, run: () => Promise<T>): Promise<Answer<T> | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (attempt > 1) await this.#runtime.sleep(pauseMs(attempt - 1));
        return { ok: true, value: await this.#attempt(line, run) };
      } catch (error) {
        const wrong = classify(error);
        if (wrong.kind === 'bug') {
          this.#progress.note(line, { state: 'retrying', detail: wrong.detail });
          continue;
        }
        if (await this.#agreeToUnwind(line, wrong)) {
          // A step that is refused now was not done by an earlier run either, nor what follows it.
          if (wrong.kind === 'refusal') throw this.#unwinding();
          return undefined;
        }
        return { ok: true, value: await this.#runtime.shield(() => this.#untilDone(line, run)) };
      }
    }
  }

  /**
   * The undos are in a run's memory, and this run may be the second of its saga: stopped here, it
   * would not know of the steps that the first one did after this. So it walks on, and lists their
   * undos, for as long as the books answer with what a step has done; they refuse any other now.
   */
  async #recall<T>(line: number, run: () => Promise<T>): Promise<T> {
    if (this.#beginUnwind === undefined) throw this.#unwinding();
    const answer = await this.#runtime.shield(() => this.#untilAnswered(line, run, () => true));
    if (!answer.ok) throw this.#unwinding();
    return answer.value;
  }

  #unwinding(): Unwinding {
    this.#phase = 'unwinding';
    return new Unwinding(this.#reason);
  }

  /** The pivot: only a refusal unwinds, and only when the books agree. */
  async #decide<T>(line: number, run: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#untilAnswered(line, run, () => true);
      if (answer.ok) return answer.value;
      const { refused: code, detail } = answer.refusal;
      if (await this.#agreeToUnwind(line, { kind: 'refusal', code, detail })) {
        throw this.#unwinding();
      }
      await this.#runtime.sleep(pauseMs(attempt));
    }
  }

  async #untilDone<T>(line: number, run: () => Promise<T>): Promise<T> {
    const answer = await this.#untilAnswered(line, run, () => false);
    if (!answer.ok) throw new Error('a refusal ended a step that must succeed');
    return answer.value;
  }

  /** Tries without end; only a refusal that is expected here is an answer too. */
  async #untilAnswered<T>(
    line: number,
    run: () => Promise<T>,
    expects: (code: string) => boolean,
  ): Promise<Answer<T>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { ok: true, value: await this.#attempt(line, run) };
      } catch (error) {
        const wrong = classify(error);
        if (wrong.kind === 'refusal' && expects(wrong.code)) {
          this.#progress.note(line, { state: 'refused', detail: wrong.detail });
          return { ok: false, refusal: { refused: wrong.code, detail: wrong.detail } };
        }
        this.#progress.note(line, { state: 'retrying', detail: describe(wrong) });
        await this.#runtime.sleep(pauseMs(attempt));
      }
    }
  }

  async #attempt<T>(line: number, run: () => Promise<T>): Promise<T> {
    this.#progress.countAttempt(line);
    const result = await run();
    this.#progress.note(line, { state: 'done' });
    return result;
  }

  /** Asks whoever keeps the books. False: it is too late, and the step must succeed. */
  async #agreeToUnwind(line: number, wrong: Exclude<Wrong, { kind: 'bug' }>): Promise<boolean> {
    const detail = describe(wrong);
    this.#progress.note(line, { state: wrong.kind === 'refusal' ? 'refused' : 'failed', detail });
    const { gate, reason } = await this.#askToUnwind(reasonOf(wrong));
    if (gate !== 'unwinding') {
      this.#progress.note(line, { state: 'retrying', detail });
      return false;
    }
    this.#reason = reason ?? reasonOf(wrong);
    return true;
  }

  async #askToUnwind(reason: string): Promise<Unwind> {
    const ask = this.#beginUnwind;
    if (ask === undefined) return { gate: 'unwinding', reason };
    const line = this.#progress.begin('begin to unwind');
    const answer = await this.#runtime.shield(() => this.#untilDone(line, () => ask(reason)));
    this.#progress.note(line, { detail: `the gate is ${answer.gate}` });
    return answer;
  }
}

/** Thrown through the saga's body once it is agreed that everything is undone. */
class Unwinding extends Error {}

type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refused };

// The first pause is short because most trouble is; the longest keeps a run that waits for weeks
// for a fix below Temporal's limit of 51,200 events for six weeks, at 12 events a round.
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 900_000;

function pauseMs(attempt: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
}

function reasonOf(wrong: Exclude<Wrong, { kind: 'bug' }>): string {
  if (wrong.kind === 'refusal') return wrong.code;
  return wrong.kind === 'cancelled' ? 'cancelled' : 'temporarily-unavailable';
}

function describe(wrong: Wrong): string {
  return wrong.kind === 'cancelled' ? 'cancelled' : wrong.detail;
}
