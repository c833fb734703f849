/** What the operations API answers, in the schemas' own words: page and API cannot drift apart. */
import type { z } from '@hono/zod-openapi';
import type * as differences from '../difference-schemas.ts';
import type * as schema from '../operations-schemas.ts';

export type Summary = z.infer<typeof schema.summary>;
export type Queue = z.infer<typeof schema.queue>;
export type Cause = Queue['data'][number];
export type TroublePage = z.infer<typeof schema.troublePage>;
export type Trouble = TroublePage['data'][number];
export type QueueRetry = z.infer<typeof schema.queueRetry>;
export type FoundPage = z.infer<typeof schema.foundPage>;
export type Found = FoundPage['data'][number];
export type Story = z.infer<typeof schema.story>;
export type Parked = Story['parked'][number];
export type TimelineEntry = Story['timeline'][number];
export type Difference = z.infer<typeof differences.difference>;
export type DifferencesPage = z.infer<typeof differences.differencesPage>;
export type BookSide = NonNullable<Difference['ours']>;
export type Resolution = z.infer<typeof schema.resolution>;
export type Action = z.infer<typeof schema.resolveRequest>['action'];
export type Money = Story['amount'];

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The ID of the request, to be quoted. */
  readonly instance: string;
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
}

/** A place with a URL of its own. */
export interface View {
  readonly title: string;
  /**
   * Asks for what it shows beside the numbers of all views, which are asked for already; answers how
   * to draw that, which is done again as time goes by.
   */
  readonly load: (signal: AbortSignal, summary: Promise<Summary>) => Promise<() => Node[]>;
  /** How long until it asks again, if not as long as all others. */
  readonly everyMs?: number;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly value?: string;
  readonly lines?: number;
  /** What is wrong with a value, in words; undefined for nothing. */
  readonly check: (value: string) => string | undefined;
}

/** Something that an operator may do, as it is asked for before it is done. */
export interface Act {
  readonly title: string;
  /** What will happen, a paragraph each. */
  readonly says: readonly string[];
  readonly fields: readonly Field[];
  /** What the button says, given what is in the fields. */
  readonly confirm: (values: Values) => string;
  readonly isGrave: boolean;
  readonly send: (values: Values, idempotencyKey: string) => Promise<Outcome>;
}

export interface Outcome {
  /** What came of it, in words. */
  readonly said: string;
  /** Where that can be watched. */
  readonly leadsTo?: string;
}

export type Values = Readonly<Record<string, string>>;
