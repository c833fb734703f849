/**
 * One run of a workflow in a worker's memory: the engine's runtime, and the calls of its
 * participants. It hands out commands and is told what happens, and knows nothing else; so the same
 * history makes it do the same again. Which scope a call belongs to follows from what it goes on
 * from: things happen to it one at a time, and each has run dry before the next.
 */
import { ActivityFailure, CancelledFailure } from '@temporalio/workflow';
import type { Attempt, Calls, Progress, Runtime } from '../../../src/saga/index.ts';
import type { ActivityCall, Command, Happening, Marker, Outcome } from './history.ts';
import { Scope } from './scope.ts';

interface Waiting {
  readonly scope: Scope;
  readonly name: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type Desk = Parameters<Runtime['onResolution']>[0];

const OUTSIDE: Attempt = { duty: 'parked', waits: () => undefined };

export class Instance implements Runtime, Calls {
  /** Local activities that were asked for and have not answered. */
  readonly locals = new Map<number, ActivityCall>();
  /** Since the last workflow task. */
  commands: Command[] = [];
  asked: string[] = [];
  time = 0;
  /** What the workflow threw: a bug in it, which would block its workflow task for ever. */
  thrown: Error | undefined;
  progress: Progress = [];
  readonly #root = new Scope();
  readonly #waiting = new Map<number, Waiting>();
  #scope = this.#root;
  #attempt = OUTSIDE;
  #desk: Desk | undefined;
  #look: () => void = () => undefined;
  #seq = 0;

  begin(workflow: (instance: Instance) => Promise<unknown>): void {
    workflow(this).then(
      () => this.#ask('end', { kind: 'end' }),
      (error: unknown) => (this.thrown = error as Error),
    );
  }

  // --- what happens to it ------------------------------------------------------------------------

  tell(happening: Happening): void {
    switch (happening.kind) {
      case 'activity':
        this.#settle(happening.seq, happening.outcome);
        break;
      case 'timer':
        this.#settle(happening.seq, { ok: true, value: undefined });
        break;
      case 'cancel':
        this.#scope = this.#root;
        this.#root.cancel();
        break;
      case 'resolution':
        this.#scope = this.#root;
        this.#desk?.resolve(happening.resolution);
        break;
      case 'look':
        this.#scope = this.#root;
        this.#look();
    }
  }

  tellLocal({ seq, outcome }: Marker): void {
    if (!this.locals.delete(seq)) throw new Error(`no local activity ${seq} was asked for`);
    this.#settle(seq, outcome);
  }

  /** Throws what is wrong with an operator's word. */
  check(resolution: Parameters<Desk['check']>[0]): void {
    this.#desk?.check(resolution);
  }

  // --- Runtime -----------------------------------------------------------------------------------

  readonly cancelRequested = () => this.#scope.cancelled;
  readonly now = () => this.time;
  readonly currentAttempt = () => this.#attempt;

  readonly shield = <T>(work: () => Promise<T>): Promise<T> =>
    this.#within(new Scope(this.#scope, true), work);

  readonly attempt = <T>(attempt: Attempt, work: () => Promise<T>): Promise<T> =>
    this.#within(new Scope(this.#scope), () => {
      const outer = this.#attempt;
      this.#attempt = attempt;
      try {
        return work();
      } finally {
        this.#attempt = outer;
      }
    });

  readonly race = async <T>(contenders: readonly (() => Promise<T>)[]): Promise<T> => {
    const scope = new Scope(this.#scope);
    const outer = this.#scope;
    try {
      return await this.#within(scope, () => Promise.race(contenders.map((contend) => contend())));
    } finally {
      scope.end();
      this.#scope = outer.living();
    }
  };

  readonly sleep = (ms: number): Promise<void> => {
    const seq = (this.#seq += 1);
    return this.#wait(seq, 'timer', () =>
      this.#ask(`timer ${seq} ${ms}`, { kind: 'timer', seq, ms }),
    ) as Promise<void>;
  };

  readonly publish = (progress: Progress): void => {
    this.progress = progress;
  };

  readonly onResolution = (desk: Desk): void => {
    this.#desk = desk;
  };

  readonly onLook = (look: () => void): void => {
    this.#look = look;
  };

  // --- Calls -------------------------------------------------------------------------------------

  readonly local: Calls['local'] = (name, args, { startToCloseTimeout, retry = {} }) => {
    const seq = (this.#seq += 1);
    const call = { seq, name, args, timeoutMs: Number(startToCloseTimeout), retry };
    return this.#wait(seq, name, () => {
      this.asked.push(`local ${seq} ${name}`);
      this.locals.set(seq, call);
    });
  };

  readonly regular: Calls['regular'] = (name, args, { startToCloseTimeout, retry = {} }) => {
    const seq = (this.#seq += 1);
    const call = { seq, name, args, timeoutMs: Number(startToCloseTimeout), retry };
    return this.#wait(seq, name, () =>
      this.#ask(`activity ${seq} ${name}`, { kind: 'schedule', call }),
    );
  };

  // -----------------------------------------------------------------------------------------------

  #ask(words: string, command: Command): void {
    this.asked.push(words);
    this.commands.push(command);
  }

  async #within<T>(scope: Scope, work: () => Promise<T>): Promise<T> {
    const outer = this.#scope;
    this.#scope = scope;
    try {
      const working = work();
      this.#scope = outer;
      return await working;
    } finally {
      scope.leave();
      this.#scope = outer.living();
    }
  }

  /** One that is cancelled answers so at once (TRY_CANCEL), whatever it still does. */
  #wait(seq: number, name: string, ask: () => void): Promise<unknown> {
    const scope = this.#scope;
    if (scope.cancelled) return Promise.reject(new CancelledFailure('cancelled'));
    return new Promise((resolve, reject) => {
      const forget = scope.onCancel(() => {
        this.#waiting.delete(seq);
        if (this.locals.has(seq)) this.asked.push(`give up ${seq}`);
        else this.#ask(`give up ${seq}`, { kind: 'give up', seq });
        this.locals.delete(seq);
        this.#scope = scope.living();
        reject(new CancelledFailure('cancelled'));
      });
      const done =
        <V>(settle: (value: V) => void) =>
        (value: V) => {
          forget();
          settle(value);
        };
      this.#waiting.set(seq, { scope, name, resolve: done(resolve), reject: done(reject) });
      ask();
    });
  }

  #settle(seq: number, outcome: Outcome): void {
    const waiting = this.#waiting.get(seq);
    // Given up before it answered.
    if (waiting === undefined) return;
    this.#waiting.delete(seq);
    this.#scope = waiting.scope;
    if (outcome.ok) {
      waiting.resolve(outcome.value);
      return;
    }
    const { name, reject } = waiting;
    const words = 'Activity task failed';
    reject(
      new ActivityFailure(
        words,
        name,
        `${seq}`,
        'RETRY_POLICY_NOT_SET',
        'simulated',
        outcome.failure,
      ),
    );
  }
}
