/** All that a seed decides, before anything runs: what is on the shelf, what is asked, what breaks. */
import { drawActs } from './acts.ts';
import type { Act } from './acts.ts';
import { createRandom } from './random.ts';
import type { Product } from './shelf.ts';
import { drawStories } from './stories.ts';
import type { Story } from './stories.ts';

export interface Wish {
  readonly orders: number;
  readonly seconds: number;
  readonly seed: string;
}

export interface Plan extends Wish {
  readonly shelf: readonly Product[];
  readonly stories: readonly Story[];
  readonly acts: readonly Act[];
}

export function drawPlan(wish: Wish): Plan {
  const random = createRandom(wish.seed);
  const { stories, shelf } = drawStories(wish, random.fork('stories'));
  return { ...wish, shelf, stories, acts: drawActs(wish.seconds, random.fork('acts')) };
}
