/** What the shop's page is told, in the words of those who tell it: neither can drift away. */
import type { z } from '@hono/zod-openapi';
import type * as schema from '../../../api/schemas.ts';
import type { Books as AllBooks } from '../books.ts';
import type { World as AllOfIt } from '../server.ts';
import type { Trouble as Named } from '../troubles.ts';

export type Books = AllBooks;
export type World = AllOfIt;
export type Trouble = Named;
export type Product = z.infer<typeof schema.product>;
export type ProductPage = z.infer<typeof schema.productPage>;
export type AcceptedOrder = z.infer<typeof schema.acceptedOrder>;
export type Money = z.infer<typeof schema.money>;
export type Problem = z.infer<typeof schema.problem>;

export type Order = z.infer<typeof schema.order>;

export interface OrderEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Order;
}

/** An order that this browser has placed. */
export interface Mine {
  readonly id: string;
  readonly at: string;
  readonly amount: Money;
  readonly what: string;
  /** What it was placed with. */
  readonly key?: string;
}

/** A place with an address of its own; answers how to leave it. */
export interface View {
  readonly title: string;
  readonly show: (main: HTMLElement) => () => void;
}

/** A line of an order's story. */
export interface Told {
  readonly key: string;
  readonly look:
    'done' | 'running' | 'refused' | 'undone' | 'trouble' | 'ahead' | 'person' | 'turn';
  readonly title: string;
  readonly text: string;
  /** The name of the step, as the Temporal UI has it. */
  readonly step?: string;
  readonly at?: string;
}

export interface Ending {
  readonly look: 'going' | 'good' | 'made-good' | 'person';
  readonly words: string;
  readonly says: string;
  readonly ticks: readonly string[];
}
