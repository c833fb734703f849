/**
 * How sagas are run: one step at a time, each attempt noted for the operators, every wrong sorted
 * into a refusal, a failure or a bug before anything follows from it.
 */
import { classify } from './wrong.ts';
import type { Wrong } from './wrong.ts';
import type { Runtime } from './runtime.ts';
import type { ProgressLine } from './progress.ts';
import type { Committed, CompensableStep, Refused, Saga, Unwind } from './scope.ts';

export class Engine implements Saga {
  readonly #runtime: Runtime;
  readonly #beginUnwind: (reason: string) => Promise<Unwind>;
  readonly #lines: ProgressLine[] = [];
  readonly #undos: { readonly line: number; readonly compensate: () => Promise<unknown> }[] = [];
  #phase: 'forward' | 'committed' | 'unwinding' = 'forward';
  #inFlight: string | undefined;
  #reason: string | undefined;

  constructor(runtime: Runtime, beginUnwind: (reason: string) => Promise<Unwind>) {
    this.#runtime = runtime;
    this.#beginUnwind = beginUnwind;
    runtime.publish([]);
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
      return await this.#mayFail(line, run);
    });
  }

  pivot<T>(name: string, run: () => Promise<T>): Promise<Committed<T>> {
    return this.#alone(name, 'forward', async (line) => {
      await this.#heedCancellation(line);
      const result = await this.#runtime.shield(() => this.#decide(line, run));
      this.#phase = 'committed';
      return { result, step: this.#committedStep };
    });
  }

  /** Every recorded undo in reverse, then the end; shielded, and tried until it is done. */
  unwind<T>(close: () => Promise<T>): Promise<T> {
    return this.#runtime.shield(async () => {
      for (const { line, compensate } of this.#undos.toReversed()) {
        this.#note(line, { state: 'undoing', attempts: 0 });
        await this.#untilDone(line, compensate);
        this.#note(line, { state: 'undone' });
      }
      const line = this.#begin('close');
      const result = await this.#untilDone(line, close);
      this.#note(line, { state: 'done' });
      return result;
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
        if (answer.ok) this.#note(line, { state: 'done' });
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
      return await work(this.#begin(name));
    } finally {
      this.#inFlight = undefined;
    }
  }

  async #heedCancellation(line: number): Promise<void> {
    if (this.#runtime.cancelRequested()) await this.#unwindIfAgreed(line, { kind: 'cancelled' });
  }

  /** A compensable step: unwinds on a refusal, a failure or a cancel; a bug is waited out. */
  async #mayFail<T>(line: number, run: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (attempt > 1) await this.#runtime.sleep(pauseMs(attempt - 1));
        const result = await this.#attempt(line, run);
        this.#note(line, { state: 'done' });
        return result;
      } catch (error) {
        const wrong = classify(error);
        if (wrong.kind === 'bug') {
          this.#note(line, { state: 'retrying', detail: wrong.detail });
          continue;
        }
        await this.#unwindIfAgreed(line, wrong);
        const result = await this.#runtime.shield(() => this.#untilDone(line, run));
        this.#note(line, { state: 'done' });
        return result;
      }
    }
  }

  /** The pivot: only a refusal unwinds, and only when the books agree. */
  async #decide<T>(line: number, run: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#untilAnswered(line, run, () => true);
      if (answer.ok) {
        this.#note(line, { state: 'done' });
        return answer.value;
      }
      const { refused: code, detail } = answer.refusal;
      await this.#unwindIfAgreed(line, { kind: 'refusal', code, detail });
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
          this.#note(line, { state: 'refused', detail: wrong.detail });
          return { ok: false, refusal: { refused: wrong.code, detail: wrong.detail } };
        }
        this.#note(line, { state: 'retrying', detail: describe(wrong) });
        await this.#runtime.sleep(pauseMs(attempt));
      }
    }
  }

  #attempt<T>(line: number, run: () => Promise<T>): Promise<T> {
    this.#note(line, { attempts: (this.#lines[line]?.attempts ?? 0) + 1 });
    return run();
  }

  /** Throws `Unwinding` when the books agree; returns when it is too late for that. */
  async #unwindIfAgreed(line: number, wrong: Exclude<Wrong, { kind: 'bug' }>): Promise<void> {
    const detail = describe(wrong);
    this.#note(line, { state: wrong.kind === 'refusal' ? 'refused' : 'failed', detail });
    const { gate, reason } = await this.#runtime.shield(() =>
      this.#untilDone(this.#begin('begin to unwind'), () => this.#beginUnwind(reasonOf(wrong))),
    );
    this.#note(this.#lines.length - 1, { state: 'done', detail: `the gate is ${gate}` });
    if (gate !== 'unwinding') {
      this.#note(line, { state: 'retrying', detail });
      return;
    }
    this.#phase = 'unwinding';
    this.#reason = reason ?? reasonOf(wrong);
    throw new Unwinding(this.#reason);
  }

  #begin(step: string): number {
    const line: ProgressLine = { step, state: 'running', attempts: 0, since: this.#time() };
    return this.#lines.push(line) - 1;
  }

  #note(line: number, news: Partial<ProgressLine>): void {
    const before = this.#lines[line];
    if (before === undefined) throw new Error(`there is no progress line ${line}`);
    this.#lines[line] = { ...before, since: this.#time(), ...news };
    this.#runtime.publish([...this.#lines]);
  }

  #time(): string {
    return new Date(this.#runtime.now()).toISOString();
  }
}

/** Thrown through the saga's body once it is agreed that everything is undone. */
class Unwinding extends Error {}

type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refused };

// The first pause is short because most trouble is; the longest keeps a run that waits for weeks
// for a fix far below Temporal's limit of 51,200 events.
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

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
