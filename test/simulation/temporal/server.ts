/**
 * What Temporal's server does for runs: keeps their histories, hands out workflow tasks and attempts
 * at activities, tries again by each activity's policy, and takes nothing from whoever was given up.
 */
import { TimeoutFailure } from '@temporalio/workflow';
import type { Resolution } from '../../../src/saga/index.ts';
import type { Scheduler } from '../scheduler.ts';
import { isLast, pauseMs } from './retries.ts';
import type { Command, Happening, Outcome, Task } from './history.ts';
import { WORKFLOW_TASK_MS } from './run.ts';
import type { Pending, Poller, Run, Workflow } from './run.ts';

/** Whoever works for the server, as far as it is there at the moment. */
export interface Fleet {
  readonly pick: (random: Scheduler['random']) => Poller | undefined;
}

// stickyQueueScheduleToStartTimeout, as long as the SDK has it by default.
const STICKY_MS = 10_000;

export class Server {
  readonly #scheduler: Scheduler;
  readonly #fleet: Fleet;
  readonly #runs = new Map<string, Run>();
  /** Work that nobody was there for. */
  #untaken: (() => unknown)[] = [];

  constructor(scheduler: Scheduler, fleet: Fleet) {
    this.#scheduler = scheduler;
    this.#fleet = fleet;
  }

  // --- for clients -------------------------------------------------------------------------------

  latest(id: string): Run | undefined {
    return this.#runs.get(id);
  }

  runs(): Iterable<Run> {
    return this.#runs.values();
  }

  /** ALLOW_DUPLICATE_FAILED_ONLY: what runs or has completed stays as it is. */
  start(id: string, workflow: Workflow): void {
    const before = this.#runs.get(id);
    if (before === undefined || before.state === 'terminated') this.#begin(id, workflow, []);
  }

  cancel(id: string): void {
    const run = this.#runs.get(id);
    if (run?.state !== 'running' || run.cancelRequested) return;
    run.cancelRequested = true;
    this.#happens(run, { kind: 'cancel' });
  }

  resolve(id: string, resolution: Resolution): void {
    const run = this.#runs.get(id);
    if (run?.state === 'running') this.#happens(run, { kind: 'resolution', resolution });
  }

  /** A signal: it hints that there may be something new. */
  look(id: string): void {
    const run = this.#runs.get(id);
    if (run?.state === 'running') this.#happens(run, { kind: 'look' });
  }

  terminate(id: string): void {
    const run = this.#runs.get(id);
    if (run?.state === 'running') this.#close(run, 'terminated');
  }

  /** A new run, with the history of the old one up to one of its tasks, and all signals after it. */
  reset(id: string, keep: number): void {
    const before = this.#runs.get(id);
    if (before === undefined) return;
    if (before.state === 'running') this.#close(before, 'terminated');
    const kept = keep % Math.max(1, before.tasks.length);
    const missed = [...before.tasks.slice(kept).flatMap(({ happenings }) => happenings)];
    this.#begin(id, before.workflow, before.tasks.slice(0, kept));
    for (const { kind } of [...missed, ...before.arrived]) if (kind === 'look') this.look(id);
  }

  /** Also what a completed order never asks for: a second run, by Temporal's own policies. */
  startAnyway(id: string): void {
    const before = this.#runs.get(id);
    if (before === undefined) return;
    if (before.state === 'running') this.#close(before, 'terminated');
    this.#begin(id, before.workflow, []);
  }

  // --- for workers -------------------------------------------------------------------------------

  /** A worker has come: it takes what lies there. */
  takeUntaken(): void {
    const untaken = this.#untaken;
    this.#untaken = [];
    for (const take of untaken) take();
  }

  /** False: that task is not the run's any more. `more`: local activities are still under way. */
  complete(run: Run, turn: number, task: Task, taken: number, more: boolean): boolean {
    if (run.state !== 'running' || run.turn !== turn) return false;
    const ends = task.commands.some(({ kind }) => kind === 'end');
    run.task = 'none';
    run.inTime();
    if (ends && run.arrived.length > taken) {
      // UnhandledCommand: it cannot end while there is something that it has not heard of.
      run.turn += 1;
      run.sticky = undefined;
      this.#queue(run);
      return false;
    }
    run.tasks.push(task);
    run.arrived.splice(0, taken);
    for (const command of task.commands) this.#obey(run, command);
    if (run.arrived.length > 0 && !more) this.#queue(run);
    return true;
  }

  /** Begins a workflow task; the answer is its number. */
  begin(run: Run, worker: Poller): number {
    run.turn += 1;
    run.task = 'started';
    run.sticky = worker;
    const { turn } = run;
    run.inTime = this.#scheduler.after(WORKFLOW_TASK_MS, () => {
      if (run.state !== 'running' || run.turn !== turn || run.task !== 'started') return;
      run.turn += 1;
      run.task = 'none';
      run.sticky = undefined;
      this.#queue(run);
    });
    return turn;
  }

  // -----------------------------------------------------------------------------------------------

  #begin(id: string, workflow: Workflow, tasks: readonly Task[]): void {
    const run: Run = {
      id,
      workflow,
      state: 'running',
      cancelRequested: tasks.some((task) => task.happenings.some(({ kind }) => kind === 'cancel')),
      tasks: [...tasks],
      arrived: [],
      activities: new Map(),
      timers: new Map(),
      turn: 0,
      task: 'none',
      sticky: undefined,
      inTime: () => undefined,
    };
    this.#runs.set(id, run);
    const answered = new Set(
      tasks.flatMap((task) => task.happenings.map((h) => ('seq' in h ? h.seq : 0))),
    );
    for (const { commands } of tasks) {
      for (const command of commands) {
        const seq =
          command.kind === 'schedule' ? command.call.seq : 'seq' in command && command.seq;
        if (!answered.has(Number(seq)) && command.kind !== 'end') this.#obey(run, command);
      }
    }
    this.#queue(run);
  }

  #close(run: Run, state: 'completed' | 'terminated'): void {
    run.state = state;
    run.inTime();
    for (const callOff of run.timers.values()) callOff();
    run.timers.clear();
    run.activities.clear();
  }

  #happens(run: Run, happening: Happening): void {
    run.arrived.push(happening);
    this.#queue(run);
  }

  #latency(): number {
    return 1 + this.#scheduler.random.below(10);
  }

  #queue(run: Run): void {
    if (run.task !== 'none' || run.state !== 'running') return;
    run.task = 'queued';
    const sticky = run.sticky;
    const isGone = sticky !== undefined && !sticky.takesWork(this.#scheduler.now());
    if (isGone) run.sticky = undefined;
    const take = async () => {
      if (run.state !== 'running' || run.task !== 'queued') return;
      const worker = run.sticky?.takesWork(this.#scheduler.now())
        ? run.sticky
        : this.#fleet.pick(this.#scheduler.random);
      if (worker === undefined) this.#untaken.push(take);
      else await worker.work(run, this.begin(run, worker));
    };
    this.#scheduler.after(this.#latency() + (isGone ? STICKY_MS : 0), take);
  }

  #obey(run: Run, command: Command): void {
    switch (command.kind) {
      case 'schedule': {
        const pending = { call: command.call, attempt: 1, turn: 0 };
        run.activities.set(command.call.seq, pending);
        this.#dispatch(run, pending, this.#latency());
        break;
      }
      case 'give up':
        run.activities.delete(command.seq);
        run.timers.get(command.seq)?.();
        run.timers.delete(command.seq);
        break;
      case 'timer': {
        const { seq, ms } = command;
        const fire = () => {
          run.timers.delete(seq);
          this.#happens(run, { kind: 'timer', seq });
        };
        run.timers.set(seq, this.#scheduler.after(ms, fire));
        break;
      }
      case 'end':
        this.#close(run, 'completed');
    }
  }

  #dispatch(run: Run, pending: Pending, ms: number): void {
    const { call } = pending;
    const isWanted = () => run.state === 'running' && run.activities.get(call.seq) === pending;
    const take = () => {
      if (!isWanted()) return;
      const worker = this.#fleet.pick(this.#scheduler.random);
      if (worker === undefined) {
        this.#untaken.push(take);
        return;
      }
      const turn = (pending.turn += 1);
      const end = (outcome: Outcome) => {
        if (isWanted() && pending.turn === turn) this.#attempted(run, pending, outcome);
      };
      const failure = new TimeoutFailure(
        'activity StartToClose timeout',
        undefined,
        'START_TO_CLOSE',
      );
      const callOff = this.#scheduler.after(call.timeoutMs, () => end({ ok: false, failure }));
      worker.attempt(run, call, (outcome) => {
        callOff();
        end(outcome);
      });
    };
    this.#scheduler.after(ms, take);
  }

  #attempted(run: Run, pending: Pending, outcome: Outcome): void {
    const { call } = pending;
    const isFinal = outcome.ok || isLast(call.retry, pending.attempt, outcome.failure);
    if (isFinal) {
      run.activities.delete(call.seq);
      this.#happens(run, { kind: 'activity', seq: call.seq, outcome });
      return;
    }
    const pause = pauseMs(call.retry, pending.attempt);
    pending.attempt += 1;
    pending.turn += 1;
    this.#dispatch(run, pending, pause);
  }
}
