/**
 * A worker process: runs kept in memory, local activities inside a workflow task, attempts at
 * regular ones. When it dies all of that is gone, and what it was about to hear it never hears.
 */
import { TimeoutFailure } from '@temporalio/workflow';
import type { Scheduler } from '../scheduler.ts';
import { settled } from '../scheduler.ts';
import type { ActivityCall, Happening, Marker, Outcome } from './history.ts';
import { Instance } from './instance.ts';
import { HEARTBEAT_MS } from './run.ts';
import type { Poller, Run } from './run.ts';
import type { Server } from './server.ts';

/** A process of the simulated world, as the wire sees it. */
export interface Process {
  readonly name: string;
  readonly isAlive: () => boolean;
  /** When it goes on, if it is stopped. */
  readonly awakeAt: () => number;
}

/** What a worker needs of its world. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly server: () => Server;
  /** Calls an activity on behalf of a process. */
  readonly act: (process: Process, run: Run, call: ActivityCall) => Promise<unknown>;
  /** What a process says to itself or to the server: as likely to be lost as anything. */
  readonly say: <T>(process: Process, run: Run, what: string, effect: () => T) => Promise<T>;
  /** A replay that asks for something else, or a workflow that throws. */
  readonly bug: (words: string) => void;
}

/** One workflow task, in progress. */
interface Session {
  readonly turn: number;
  readonly taken: number;
  readonly happenings: Happening[];
  readonly markers: Marker[];
  readonly begun: Set<number>;
  readonly inTime: () => void;
}

interface Cached {
  readonly instance: Instance;
  session: Session | undefined;
  /** As many of the run's workflow tasks as it has seen. */
  tasks: number;
}

export class Worker implements Process, Poller {
  readonly name: string;
  readonly #world: Surroundings;
  readonly #cache = new Map<Run, Cached>();
  #alive = true;
  #awakeAt = 0;

  constructor(name: string, world: Surroundings) {
    this.name = name;
    this.#world = world;
  }

  readonly isAlive = (): boolean => this.#alive;
  readonly awakeAt = (): number => this.#awakeAt;

  takesWork(now: number): boolean {
    return this.#alive && this.#awakeAt <= now;
  }

  die(): void {
    this.#alive = false;
    this.#cache.clear();
  }

  /** SIGSTOP, and SIGCONT later. */
  stop(ms: number): void {
    this.#awakeAt = Math.max(this.#awakeAt, this.#world.scheduler.now() + ms);
  }

  /** As when its memory is full. */
  forget(): void {
    for (const [run, { session }] of this.#cache)
      if (session === undefined) this.#cache.delete(run);
  }

  // --- activities --------------------------------------------------------------------------------

  attempt(run: Run, call: ActivityCall, report: (outcome: Outcome) => void): void {
    void this.#try(run, call).then(async (outcome) => {
      // A report that is lost is found out by the timeout.
      const reporting = this.#world.say(this, run, `report ${call.name}`, () => report(outcome));
      await reporting.catch(() => undefined);
    });
  }

  async #try(run: Run, call: ActivityCall): Promise<Outcome> {
    try {
      return { ok: true, value: await this.#world.act(this, run, call) };
    } catch (error) {
      return { ok: false, failure: error as Error };
    }
  }

  // --- workflow tasks ----------------------------------------------------------------------------

  async work(run: Run, turn: number): Promise<void> {
    const known = this.#cache.get(run);
    // It was given up in the middle of a task, or another worker has gone on with the run since.
    const isStale = known?.session !== undefined || known?.tasks !== run.tasks.length;
    const cached = known === undefined || isStale ? await this.#replay(run) : known;
    if (cached === undefined) return;
    await this.#take(run, cached, turn);
  }

  async #take(run: Run, cached: Cached, turn: number, begun = new Set<number>()): Promise<void> {
    const { instance } = cached;
    const arrived = [...run.arrived];

    const inTime = this.#world.scheduler.after(HEARTBEAT_MS, () =>
      this.#heartbeat(run, cached, turn),
    );
    const session: Session = {
      turn,
      taken: arrived.length,
      happenings: [],
      markers: [],
      begun,
      inTime,
    };
    cached.session = session;
    instance.time = this.#world.scheduler.now();
    for (const happening of arrived) {
      if (!isWelcome(instance, happening)) continue;
      session.happenings.push(happening);
      instance.tell(happening);
      await settled();
    }
    this.#goOn(run, cached);
  }

  async #replay(run: Run): Promise<Cached | undefined> {
    const instance = new Instance();
    let first = true;
    for (const task of [...run.tasks, undefined]) {
      instance.time = task?.now ?? this.#world.scheduler.now();
      if (first) instance.begin(run.workflow);
      first = false;
      await settled();
      if (task === undefined) break;
      for (const happening of task.happenings) {
        instance.tell(happening);
        await settled();
      }
      for (const marker of task.markers) {
        if (!instance.locals.has(marker.seq)) break;
        instance.tellLocal(marker);
        await settled();
      }
      const [was, is] = [task.asked.join(', '), instance.asked.join(', ')];
      if (was !== is) {
        this.#world.bug(`the replay of ${run.id} asks for ${is} where it was ${was}`);
        return undefined;
      }
      instance.asked = [];
      instance.commands = [];
    }
    const cached: Cached = { instance, session: undefined, tasks: run.tasks.length };
    this.#cache.set(run, cached);
    return cached;
  }

  /** Begins the local activities that were asked for; without any the task is over. */
  #goOn(run: Run, cached: Cached): void {
    const { instance, session } = cached;
    if (session === undefined || this.#cache.get(run) !== cached) return;
    if (instance.thrown !== undefined) {
      this.#world.bug(`the workflow of ${run.id} throws: ${instance.thrown.message}`);
      return;
    }
    for (const call of instance.locals.values()) {
      if (session.begun.has(call.seq)) continue;
      session.begun.add(call.seq);
      this.#beginLocal(run, cached, call);
    }
    if (instance.locals.size === 0) void this.#complete(run, cached, session, false);
  }

  #beginLocal(run: Run, cached: Cached, call: ActivityCall): void {
    const { scheduler } = this.#world;
    let isOver = false;
    const end = async (outcome: Outcome) => {
      if (isOver || !this.#alive) return;
      isOver = true;
      callOff();
      const { instance, session } = cached;
      if (session === undefined || this.#cache.get(run) !== cached) return;
      if (!instance.locals.has(call.seq)) return;
      const marker = { seq: call.seq, outcome };
      session.markers.push(marker);
      instance.tellLocal(marker);
      await settled();
      this.#goOn(run, cached);
    };
    const failure = new TimeoutFailure(
      'activity StartToClose timeout',
      undefined,
      'START_TO_CLOSE',
    );
    const expire = (): unknown => {
      // A stopped process does not see that time passes.
      const wait = this.#awakeAt - scheduler.now();
      if (wait <= 0) return end({ ok: false, failure });
      return (callOff = scheduler.after(wait, expire));
    };
    let callOff = scheduler.after(call.timeoutMs, expire);
    void this.#try(run, call).then(async (outcome) => {
      const saying = this.#world.say(this, run, `finish ${call.name}`, () => end(outcome));
      await saying.catch(() => undefined);
    });
  }

  async #heartbeat(run: Run, cached: Cached, turn: number): Promise<void> {
    const { session } = cached;
    if (!this.takesWork(this.#world.scheduler.now()) || session?.turn !== turn) return;
    if (this.#cache.get(run) !== cached || cached.instance.locals.size === 0) return;
    await this.#complete(run, cached, session, true);
  }

  async #complete(run: Run, cached: Cached, session: Session, more: boolean): Promise<void> {
    const { instance } = cached;
    const { asked, commands } = instance;
    const { happenings, inTime, markers, taken, turn } = session;
    inTime();
    const task = { now: instance.time, happenings, markers, asked, commands };
    instance.asked = [];
    instance.commands = [];
    const server = this.#world.server();
    const completing = more
      ? Promise.resolve(server.complete(run, turn, task, taken, more))
      : this.#world.say(this, run, 'complete task', () =>
          server.complete(run, turn, task, taken, more),
        );
    const isTaken = await completing.catch(() => false);
    // It may have been taken up anew meanwhile.
    if (this.#cache.get(run) !== cached) return;
    cached.session = undefined;
    cached.tasks += 1;
    if (!isTaken || run.state !== 'running') this.#cache.delete(run);
    else if (more) await this.#take(run, cached, server.begin(run, this), session.begun);
  }
}

/** An update that the run has something against leaves no trace. */
function isWelcome(instance: Instance, happening: Happening): boolean {
  if (happening.kind !== 'resolution') return true;
  try {
    instance.check(happening.resolution);
    return true;
  } catch {
    return false;
  }
}
