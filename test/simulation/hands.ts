/**
 * The real activities, made once and lent to one attempt after another: making them costs as much as
 * a short attempt does. An attempt that never ends keeps what it was lent.
 */
import { createActivities } from '../../src/activities/index.ts';
import type { Activities } from '../../src/activities/index.ts';
import type { Deps } from '../../src/activities/ports.ts';
import type { CaptureWindow } from '../../src/activities/shipment-ports.ts';
import type { Scheduler } from './scheduler.ts';
import { ACTION_SECONDS } from './story.ts';
import type { ActivityCall } from './temporal/history.ts';
import type { Process } from './temporal/worker.ts';
import { wired } from './wired.ts';
import type { User } from './wired.ts';
import type { Wire } from './wire.ts';

/** What an attempt needs of its world. */
interface Place extends Pick<Deps, 'gateway' | 'carrier' | 'mailer'> {
  readonly window: CaptureWindow;
  readonly scheduler: Scheduler;
  readonly wire: Wire;
  readonly books: Pick<Deps, 'book'>;
}

interface Attempt extends User {
  readonly world: Place;
  readonly endsAt: number;
}

interface Pair {
  readonly activities: Activities;
  attempt: Attempt | undefined;
}

type Activity = (...args: readonly unknown[]) => Promise<unknown>;
type Build = typeof createActivities;

export class Hands {
  readonly #build: Build;
  readonly #free: Pair[] = [];

  constructor(build: Build = createActivities) {
    this.#build = build;
  }

  async act(world: Place, process: Process, about: string, call: ActivityCall): Promise<unknown> {
    const { wire, scheduler } = world;
    const pair = this.#free.pop() ?? this.#make();
    pair.attempt = { world, wire, process, about, endsAt: scheduler.now() + call.timeoutMs };
    const activities = pair.activities as unknown as Readonly<Record<string, Activity>>;
    const activity = activities[call.name];
    if (activity === undefined) throw new Error(`there is no activity ${call.name}`);
    try {
      return await activity(...call.args);
    } finally {
      pair.attempt = undefined;
      this.#free.push(pair);
    }
  }

  #make(): Pair {
    const user = (): Attempt => {
      if (pair.attempt === undefined) throw new Error('nobody is at work');
      return pair.attempt;
    };
    const pair: Pair = {
      activities: this.#build({
        book: wired(() => user().world.books.book, 'book', user),
        gateway: wired(() => user().world.gateway, 'gateway', user),
        carrier: wired(() => user().world.carrier, 'carrier', user),
        mailer: wired(() => user().world.mailer, 'mail', user),
        actionMs: ACTION_SECONDS * 1_000,
        get window() {
          return user().world.window;
        },
        timeLeftMs: () => user().endsAt - user().world.scheduler.now(),
      }),
      attempt: undefined,
    };
    return pair;
  }
}
