/**
 * Which fault meets which request. Set from outside over the control endpoint, so that production
 * code never carries a test switch: a fixed plan names faults, and a seeded one draws them, so that
 * the same seed does the same to the same request whatever else happens. What really hit is
 * counted: a fault that never struck proves nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createDraw, type Asker, type SeededPlan } from './draw.ts';
import { COURSES, isConnectionFault, type Fault } from './faults.ts';
import { planSchemas, type PlannedFault } from './plan-schemas.ts';

/** What a party can do wrong, by operation; `questions` are those that change nothing. */
export interface Repertoire<Operation extends string> {
  readonly party: string;
  readonly faults: Readonly<Record<Operation, readonly Fault[]>>;
  readonly questions: readonly NoInfer<Operation>[];
}

/** One request and what the plans have for it. */
export interface Meeting {
  /** The fault that strikes it, if it is one of `among`; counted as a hit, once. */
  strike<F extends Fault>(among: readonly F[]): F | undefined;
  /** What has struck it. */
  struck(): Fault | null;
  /** Does it once a late fault's delay has passed. Undefined: the stand-in is closing instead. */
  later<Done>(work: () => Promise<Done>): Promise<Done | undefined>;
}

export const UNHARMED: Meeting = {
  strike: () => undefined,
  struck: () => null,
  later: (work) => work(),
};

export interface FaultPlan<Operation extends string> {
  meet(operation: Operation, asker: Asker): Meeting;
  /** Replaces the fixed plan; throws a ZodError with a readable message when it makes no sense. */
  replace(plan: unknown): void;
  /** Adds to the fixed plan, likewise; what has struck as often as it may is forgotten. */
  add(plan: unknown): void;
  /** Replaces the seeded plan, likewise, and counts requests from the beginning. */
  seed(plan: unknown): void;
  /** Ends both plans; what is late already still comes. */
  clear(): void;
  /** Takes a hit back from the book. */
  restore(operation: string, fault: Fault | null): void;
  report(): FaultReport;
  /** Gives up what is late. */
  close(): void;
}

export interface FaultReport {
  /** The fixed plan in force and how often each of its faults has hit. */
  readonly faults: Readonly<Record<string, readonly Planned[]>>;
  readonly seeded: SeededPlan | null;
  /** Hits since the book began, by operation and fault, whatever the plan was. */
  readonly hits: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Of these, how often something was done and the client did not get its true answer in time. */
  readonly lostAnswers: number;
  /** What is late and has not come yet: before that is 0, no book is closed. */
  readonly underWay: number;
}

type Planned = PlannedFault & { hits: number };

// Longer than the ten seconds that an attempt is given in production.
const DELAY_MS = 12_000;

export function createFaultPlan<Operation extends string>({
  party,
  faults,
  questions,
}: Repertoire<Operation>): FaultPlan<Operation> {
  const schemas = planSchemas(faults);
  const tally = createTally(questions);
  const draw = createDraw(party);
  const late = createLate();
  let fixed = new Map<string, readonly Planned[]>();

  return {
    meet(operation, asker) {
      const drawn = draw.next(operation, asker);
      let struck: Fault | null = null;
      let delayMs = DELAY_MS;
      return {
        strike<F extends Fault>(among: readonly F[]) {
          if (struck !== null) return undefined;
          const planned = fixed.get(operation)?.find(strikes(asker, among));
          const found = planned ?? drawn;
          const fault = among.find((one) => one === found?.fault);
          if (fault === undefined) return undefined;
          if (planned !== undefined) planned.hits += 1;
          delayMs = found?.delayMs ?? DELAY_MS;
          struck = fault;
          tally.count(operation, fault);
          return fault;
        },
        struck: () => struck,
        later: (work) => late.after(delayMs, work),
      };
    },
    replace(plan) {
      const entries = Object.entries(schemas.fixed.parse(plan));
      fixed = new Map(
        entries.map(([operation, planned]) => [operation, planned.map(asUnhit)] as const),
      );
    },
    add(plan) {
      for (const [operation, planned] of Object.entries(schemas.fixed.parse(plan))) {
        const left = (fixed.get(operation) ?? []).filter(({ times, hits }) => hits !== times);
        fixed.set(operation, [...left, ...planned.map(asUnhit)]);
      }
    },
    seed: (plan) => draw.begin(schemas.seeded.parse(plan)),
    clear() {
      fixed = new Map();
      draw.end();
    },
    restore(operation, fault) {
      if (fault !== null) tally.count(operation, fault);
    },
    report: () => ({
      faults: Object.fromEntries(fixed),
      seeded: draw.plan(),
      ...tally.read(),
      underWay: late.underWay(),
    }),
    close: late.giveUp,
  };
}

function asUnhit(planned: PlannedFault): Planned {
  return { ...planned, hits: 0 };
}

function createLate() {
  const closing = new AbortController();
  let underWay = 0;
  return {
    async after<Done>(delayMs: number, work: () => Promise<Done>): Promise<Done | undefined> {
      const { signal } = closing;
      underWay += 1;
      try {
        await sleep(delayMs, undefined, { signal }).catch(() => undefined);
        return signal.aborted ? undefined : await work();
      } finally {
        underWay -= 1;
      }
    },
    underWay: () => underWay,
    giveUp: () => closing.abort(),
  };
}

function createTally(questions: readonly string[]) {
  const hits: Record<string, Record<string, number>> = {};
  let lostAnswers = 0;
  return {
    count(operation: string, fault: Fault) {
      const counts = (hits[operation] ??= {});
      counts[fault] = (counts[fault] ?? 0) + 1;
      const isDone = isConnectionFault(fault) && COURSES[fault].done !== 'never';
      if (isDone && !questions.includes(operation)) lostAnswers += 1;
    },
    read: () => ({ hits, lostAnswers }),
  };
}

function strikes(asker: Asker, among: readonly Fault[]) {
  return ({ fault, times = Infinity, hits, ...whose }: Planned) =>
    among.includes(fault) && hits < times && isMeant(asker, whose);
}

function isMeant(asker: Asker, { orderId, requestId }: Pick<Planned, 'orderId' | 'requestId'>) {
  const isOrder = orderId === undefined || orderId === asker.orderId;
  return isOrder && (requestId === undefined || requestId === asker.requestId);
}
