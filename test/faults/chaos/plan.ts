/** All that a seed decides, before anything runs: what is on the shelf, what is asked, what breaks. */
import { drawActs } from './acts.ts';
import type { Act, PartyName } from './acts.ts';
import { createRandom } from './random.ts';
import { drawRates } from './rates.ts';
import type { PartyPlan } from './rates.ts';
import type { Product } from './shelf.ts';
import { drawStories } from './stories.ts';
import type { Story } from './stories.ts';

export interface Wish {
  readonly orders: number;
  readonly seconds: number;
  readonly seed: string;
  /** Whether one tenant's orders are captured at shipment, by a merchant of their own. */
  readonly later?: boolean;
}

export interface Plan extends Wish {
  readonly shelf: readonly Product[];
  readonly stories: readonly Story[];
  readonly acts: readonly Act[];
  /** What goes wrong at the parties all the while. */
  readonly rates: Readonly<Record<PartyName, PartyPlan>>;
}

export function drawPlan(wish: Wish): Plan {
  const random = createRandom(wish.seed);
  const { stories, shelf } = drawStories(wish, random.fork('stories'));
  const rates = drawRates(random.fork('rates'));
  return { ...wish, shelf, stories, acts: drawActs(wish.seconds, random.fork('acts')), rates };
}
