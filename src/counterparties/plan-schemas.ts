/** Fault plans as they come over the control endpoint, and what makes no sense in one. */
import { z } from 'zod';
import type { SeededPlan } from './draw.ts';
import type { Fault } from './faults.ts';

export interface PlannedFault {
  readonly fault: Fault;
  /** How many requests it meets; without it every one until the plan is cleared. */
  readonly times?: number | undefined;
  readonly orderId?: string | undefined;
  /** Known before the order is placed: the ID of the request that is to place it. */
  readonly requestId?: string | undefined;
  /** Of `late-answer` and `late-effect`. */
  readonly delayMs?: number | undefined;
}

type FixedPlan = Readonly<Record<string, readonly PlannedFault[]>>;

// Fewer than the attempts that production gives to a step that may fail: the last finds it well.
const MOST_PER_ORDER = 3;

export function planSchemas(faults: Readonly<Record<string, readonly Fault[]>>): {
  readonly fixed: z.ZodType<FixedPlan>;
  readonly seeded: z.ZodType<SeededPlan>;
} {
  const shape = (of: (among: readonly Fault[]) => z.ZodType) =>
    z.strictObject(
      Object.fromEntries(
        Object.entries(faults).map(([operation, among]) => [operation, of(among).optional()]),
      ),
    );
  return {
    fixed: shape((among) => {
      const planned = z.strictObject({
        fault: z.enum(among),
        times: z.int().positive().optional(),
        orderId: z.string().startsWith('ord_').optional(),
        requestId: z.string().min(1).optional(),
        delayMs: z.int().positive().optional(),
      });
      return z.preprocess(asList, z.array(planned).min(1));
    }) as unknown as z.ZodType<FixedPlan>,
    seeded: z.strictObject({
      seed: z.int(),
      rates: shape(ratesOf) as unknown as z.ZodType<SeededPlan['rates']>,
      mostPerOrder: z.int().positive().default(MOST_PER_ORDER),
      delayMs: z.int().positive().optional(),
    }),
  };
}

/** One fault may stand for itself. */
function asList(planned: unknown): unknown {
  return planned === undefined || Array.isArray(planned) ? planned : [planned];
}

function ratesOf(among: readonly Fault[]) {
  const rate = z.number().min(0).max(1).optional();
  return z
    .strictObject(Object.fromEntries(among.map((fault) => [fault, rate])))
    .refine((rates) => sumOf(Object.values(rates)) <= 1, 'the rates add up to more than 1');
}

function sumOf(rates: readonly (number | undefined)[]): number {
  return rates.reduce<number>((sum, rate = 0) => sum + rate, 0);
}
