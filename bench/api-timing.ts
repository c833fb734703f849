/**
 * Loaded before src/api.ts, which stays as it is: times what the API process asks of PostgreSQL and of
 * Temporal, where its drivers are called, and tells it over loopback. A question to PostgreSQL is
 * timed from the call until the answer, waiting for a connection of the pool included.
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import pg from 'pg';

/** Since the process began. */
export interface Timing {
  readonly calls: number;
  readonly ms: number;
}

export interface Timings {
  readonly postgres: Timing;
  /** `failed`: not answered in time, as far as the API is concerned. */
  readonly temporal: Timing & { readonly failed: number };
  /** Calls to Temporal that have not been answered. */
  readonly underWay: number;
}

/** Where this is told. */
export const TIMING_PORT = 'BENCH_TIMING_PORT';

const postgres = { calls: 0, ms: 0 };
const temporal = { calls: 0, ms: 0, failed: 0 };
let underWay = 0;

function add(to: { calls: number; ms: number }, since: number): void {
  to.calls += 1;
  to.ms += performance.now() - since;
}

// What requests ask. Feed, starter, watcher and notifier ask on their own time.
const OF_REQUESTS = ['authenticate', 'place_order', 'find_order'];

type Query = (this: unknown, ...args: unknown[]) => Promise<unknown>;

function timePostgres(): void {
  const pool = pg.Pool.prototype as unknown as { query: Query };
  const { query } = pool;
  pool.query = function (...args) {
    const began = performance.now();
    const asked = query.apply(this, args);
    const { name = '' } = args[0] as { name?: string };
    return OF_REQUESTS.includes(name) ? asked.finally(() => add(postgres, began)) : asked;
  };
}

type Answered = (...answer: unknown[]) => void;
type UnaryCall = (this: unknown, ...args: unknown[]) => unknown;

interface Grpc {
  readonly Client: { readonly prototype: { makeUnaryRequest: UnaryCall } };
}

/** By the package that Temporal's client itself uses. */
function timeTemporal(): void {
  const ours = createRequire(import.meta.url);
  const theirs = createRequire(ours.resolve('@temporalio/client'));
  const { prototype } = (theirs('@grpc/grpc-js') as Grpc).Client;
  const { makeUnaryRequest } = prototype;
  prototype.makeUnaryRequest = function (...args) {
    const began = performance.now();
    const answered = args.at(-1) as Answered;
    underWay += 1;
    const timed: Answered = (...answer) => {
      underWay -= 1;
      add(temporal, began);
      if (answer[0] !== null) temporal.failed += 1;
      answered(...answer);
    };
    return makeUnaryRequest.call(this, ...args.slice(0, -1), timed);
  };
}

const port = process.env[TIMING_PORT];
// A loader's thread loads it, too.
if (isMainThread && port !== undefined) {
  timePostgres();
  timeTemporal();
  const told = createServer((_, answer) => {
    answer.end(JSON.stringify({ postgres, temporal, underWay } satisfies Timings));
  });
  told.listen(Number(port), '127.0.0.1').unref();
}
