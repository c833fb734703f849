/** Who is compared: how each is brought up, asked for an order, and asked what it has in its books. */
import type { Ground } from './ground.ts';
import type { Place } from './load.ts';

export type Work = 'no-op' | 'checkout';

export interface Contender {
  /** Stands in results and options. */
  readonly name: string;
  readonly title: string;
  readonly work: Work;
  start(ground: Ground): Promise<Arena>;
}

export interface Arena {
  readonly place: Place;
  /** How many orders its own books, and those of the world outside, say have been completed. */
  completed(): Promise<readonly number[]>;
  /** Means of a few orders; only Temporal has them. */
  histories?(): Promise<Histories>;
}

export interface Histories {
  readonly workflowTasks: number;
  readonly events: number;
}

export function idOf({ work, name }: Pick<Contender, 'work' | 'name'>): string {
  return `${work}/${name}`;
}
