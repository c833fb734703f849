/** The processes of the simulated world: they die and are replaced, are stopped and go on. */
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Process } from './temporal/worker.ts';

/** A process that can be ended, as a supervisor sees it. */
export interface Supervised extends Process {
  readonly die: () => void;
  readonly stop: (ms: number) => void;
}

export class Fleet<P extends Supervised> {
  readonly #scheduler: Scheduler;
  readonly #start: () => P;
  /** Told that somebody is there again. */
  readonly #onReady: () => void;
  #processes: P[];

  constructor(scheduler: Scheduler, size: number, start: () => P, onReady: () => void) {
    this.#scheduler = scheduler;
    this.#start = start;
    this.#onReady = onReady;
    this.#processes = Array.from({ length: size }, start);
  }

  get all(): readonly P[] {
    return this.#processes;
  }

  readonly pick = (random: Random): P | undefined => {
    const awake = this.#processes.filter(({ awakeAt }) => awakeAt() <= this.#scheduler.now());
    return awake.length === 0 ? undefined : random.pick(awake);
  };

  /** Nothing is done about one that is none of these. */
  kill(process: Process, seconds: number): void {
    const victim = this.#processes.find((one) => one === process);
    if (victim === undefined) return;
    victim.die();
    this.#processes = this.#processes.filter((one) => one !== victim);
    this.#scheduler.after(seconds * 1_000, () => {
      this.#processes.push(this.#start());
      this.#onReady();
    });
  }

  stop(process: Process, seconds: number): void {
    const victim = this.#processes.find((one) => one === process);
    if (victim === undefined) return;
    victim.stop(seconds * 1_000);
    this.#scheduler.after(seconds * 1_000, this.#onReady);
  }
}

/** One with nothing in its memory that has to be looked after. */
export class PlainProcess implements Supervised {
  readonly name: string;
  readonly #now: () => number;
  #alive = true;
  #awakeAt = 0;

  constructor(name: string, now: () => number) {
    this.name = name;
    this.#now = now;
  }

  readonly isAlive = () => this.#alive;
  readonly awakeAt = () => this.#awakeAt;
  readonly die = () => void (this.#alive = false);
  readonly stop = (ms: number) => void (this.#awakeAt = Math.max(this.#awakeAt, this.#now() + ms));
}
