/**
 * All clients: a few at a time, each with the next story when it is due. One whose order takes long
 * lets the next one in and goes on waiting, also across the heal; but not without end, for thousands
 * who ask again and again would be all that there is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { live } from './client.ts';
import type { World } from './client.ts';
import type { Plan } from './plan.ts';
import { createRandom } from './random.ts';

export interface Crowd {
  /** Every story has begun. */
  readonly begun: Promise<void>;
  /** Every story has come to its end. */
  readonly finished: Promise<void>;
  readonly stories: () => { readonly begun: number; readonly finished: number };
}

// Eight a second's worth of orders that take a second or two each.
const FEWEST_CLIENTS = 16;

// How long a client's order may take before the next client is let in.
const PATIENCE_MS = 5_000;

// How many may be waiting at a time: about as many as ask each second what two cores can answer.
const MOST_WAITING = 250;
const LOOK_MS = 100;

export function gather({ stories, orders, seconds, seed }: Plan, world: World): Crowd {
  const clients = Math.max(FEWEST_CLIENTS, Math.ceil((orders / seconds) * 8));
  const random = createRandom(seed).fork('clients');
  const startedAt = Date.now();
  const waiting = [...stories];
  const lives: Promise<void>[] = [];
  let finished = 0;
  let asking = 0;

  const isFull = () => asking >= MOST_WAITING && !world.over.aborted;
  const client = async (): Promise<void> => {
    for (;;) {
      const story = waiting.shift();
      if (story === undefined || world.over.aborted) return;
      await sleep(Math.max(0, startedAt + story.atMs - Date.now()));
      while (isFull()) await sleep(LOOK_MS);
      // One that rests until all is healed asks nobody.
      const asks = story.ships?.isLast === true ? 0 : 1;
      asking += asks;
      const life = live(story, random.fork(`story-${story.n}`), world).finally(() => {
        finished += 1;
        asking -= asks;
      });
      // Whoever waits for them all hears of it.
      life.catch(() => undefined);
      lives.push(life);
      await Promise.race([life, sleep(PATIENCE_MS)]);
    }
  };
  const begun = Promise.all(Array.from({ length: clients }, client)).then(() => undefined);
  return {
    begun,
    finished: begun.then(() => Promise.all(lives)).then(() => undefined),
    stories: () => ({ begun: lives.length, finished }),
  };
}
