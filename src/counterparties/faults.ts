/**
 * A stand-in's fault plan: what goes wrong, on which operation, how often, for which order. Set
 * from outside over the control endpoint, so that production code never carries a test switch.
 * It counts what really hit: a fault that never struck proves nothing.
 */
import { z } from 'zod';

/**
 * `decline`: the party says no, as it does to customers. `reject`: it finds the request itself wrong,
 * with an answer that no customer can cause. `fail-before`: the connection breaks and nothing
 * happened. `fail-after-effect`: it happened and is in the book, but the answer is lost. `hang`:
 * nothing happens and no answer comes.
 */
export const FAULTS = ['decline', 'reject', 'fail-before', 'fail-after-effect', 'hang'] as const;
export type Fault = (typeof FAULTS)[number];

/** Faults that come before any thought of the business: they meet every request, repeats too. */
export const CONNECTION_FAULTS = FAULTS.filter((fault) => fault !== 'decline');

export interface FaultPlan<Operation extends string> {
  /** The fault that meets this request, if it is one of `among`; counted as a hit. */
  strike(operation: Operation, orderId: string | null, among: readonly Fault[]): Fault | undefined;
  /** Replaces the whole plan; throws a ZodError with a readable message when it makes no sense. */
  replace(plan: unknown): void;
  clear(): void;
  report(): FaultReport;
}

export interface FaultReport {
  /** The plan in force and how often each of its faults has hit. */
  readonly faults: Readonly<Record<string, PlannedFault & { readonly hits: number }>>;
  /** Hits since the process started, by operation and fault, whatever the plan was. */
  readonly hits: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

interface PlannedFault {
  readonly fault: Fault;
  /** How many requests it meets; without it every one until the plan is cleared. */
  readonly times?: number | undefined;
  readonly orderId?: string | undefined;
}

/** `declines` names the operations to which the party can say no at all. */
export function createFaultPlan<Operation extends string>(
  operations: readonly Operation[],
  declines: readonly Operation[],
): FaultPlan<Operation> {
  const schema = planSchema(operations, declines);
  let planned = new Map<string, PlannedFault & { hits: number }>();
  const hits: Record<string, Record<string, number>> = {};

  return {
    strike(operation, orderId, among) {
      const entry = planned.get(operation);
      if (entry === undefined || !among.includes(entry.fault)) return undefined;
      if (entry.orderId !== undefined && entry.orderId !== orderId) return undefined;
      if (entry.times !== undefined && entry.hits >= entry.times) return undefined;
      entry.hits += 1;
      const counts = (hits[operation] ??= {});
      counts[entry.fault] = (counts[entry.fault] ?? 0) + 1;
      return entry.fault;
    },
    replace(plan) {
      const entries = Object.entries(schema.parse(plan));
      planned = new Map(entries.map(([operation, fault]) => [operation, { ...fault, hits: 0 }]));
    },
    clear() {
      planned = new Map();
    },
    report: () => ({ faults: Object.fromEntries(planned), hits }),
  };
}

function planSchema(
  operations: readonly string[],
  declines: readonly string[],
): z.ZodType<Record<string, PlannedFault>> {
  const planned = (operation: string) =>
    z.strictObject({
      fault: z.enum(declines.includes(operation) ? FAULTS : CONNECTION_FAULTS),
      times: z.int().positive().optional(),
      orderId: z.string().startsWith('ord_').optional(),
    });
  const shape = operations.map((operation) => [operation, planned(operation).optional()] as const);
  return z.strictObject(Object.fromEntries(shape)) as unknown as z.ZodType<
    Record<string, PlannedFault>
  >;
}

/** The order that a reference or a Message-ID names, wherever it stands in it. */
export function orderIn(text: string): string | null {
  return /ord_[0-9A-Za-z]+/.exec(text)?.[0] ?? null;
}
