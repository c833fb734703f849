/**
 * Connections to PostgreSQL, with every timeout set: a query on a dead link ends by itself, a
 * lock is never waited for longer than a client would wait for an answer. What only says "not
 * now" becomes `Unavailable`; everything else is a bug and stays what it is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Unavailable } from '../../domain/wrong.ts';

export interface PoolOptions {
  readonly url: string;
  readonly size: number;
  /** As whom its queries run, where that is not whoever connects. */
  readonly role?: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Told of connections that died while idle; the pool replaces them by itself. */
  readonly onLost?: (error: Error) => void;
}

/**
 * As an option of a connection. A plan that was made while a table was small reads it from end to end,
 * and lasts until the table is analyzed: the first minute of a sale. All that we ask has an index.
 */
export const INDEXED = '-c enable_seqscan=off';

export function createPool({ url, size, role, applicationName, onLost }: PoolOptions): pg.Pool {
  const lost = (error: Error) => onLost?.(error);
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    options: role === undefined ? INDEXED : `${INDEXED} -c role=${role}`,
    application_name: applicationName,
    connectionTimeoutMillis: 3_000,
    // The server gives up first, so that an answer (and not silence) ends the wait.
    lock_timeout: 2_000,
    statement_timeout: 4_000,
    query_timeout: 5_000,
    idle_in_transaction_session_timeout: 5_000,
    keepAlive: true,
    types,
  });
  pool.on('error', lost);
  // A checked-out client whose backend dies emits too; unheard, that would end the process.
  pool.on('connect', (client) => client.on('error', lost));
  return pool;
}

/** Runs one prepared statement, named after itself, and says `Unavailable` where that is true. */
export async function query<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  name: string,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  try {
    const { rows } = await pool.query<Row>({ name, text, values: [...values] });
    return rows;
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new Unavailable(`PostgreSQL: ${wordsOf(error)}`, { cause: error });
  }
}

/** Calls a database function that answers jsonb. The commit's outcome is unknown if it throws. */
export function call<Answer>(
  pool: pg.Pool,
  fn: string,
  ...values: readonly unknown[]
): Promise<Answer> {
  const marks = values.map((_, index) => `$${index + 1}`);
  return callWith(pool, fn, marks, values);
}

/** The same, with arguments that are more than marks for the values. */
export async function callWith<Answer>(
  pool: pg.Pool,
  fn: string,
  args: readonly string[],
  values: readonly unknown[],
): Promise<Answer> {
  const text = `SELECT ${fn}(${args.join(', ')}) AS answer`;
  const [row] = await query<{ answer: Answer }>(pool, fn, text, values);
  if (row === undefined) throw new Error(`bug: ${fn} answered no row`);
  return row.answer;
}

/**
 * For functions that answer a repeat as they answered the first: where the connection was lost,
 * whether it was committed is found out by asking again. Not after a timeout, for then all the time
 * that a client has is gone; and not for long, for a client can ask again as well.
 */
export async function untilKnown<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await ask();
    } catch (error) {
      if (!isLost(error)) throw error;
      await sleep(pauseMs);
    }
  }
  return await ask();
}

// At once, for a connection that broke; then as long as a server takes that starts again.
const PAUSES_MS = [0, 100, 400];

function isLost(error: unknown): boolean {
  if (!(error instanceof Unavailable)) return false;
  const { cause } = error;
  if (cause instanceof pg.DatabaseError) return /^(08|57P)/.test(cause.code ?? '');
  return cause instanceof Error && !/timeout/i.test(cause.message);
}

/** int8 is money here, and money never passes through a float. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, BigInt);

// SQLSTATE classes that pass by themselves: connection, resources, operator intervention, system;
// then serialization failure, deadlock and lock not available.
const PASSING = /^(08|53|57|58)|^(40001|40P01|55P03)$/;

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof pg.DatabaseError) return PASSING.test(error.code ?? '');
  // No SQLSTATE: the driver's own word for a lost link or a timeout, or that this process ends.
  return (
    'errno' in error ||
    error instanceof AggregateError ||
    /timeout|terminated|closed|ended|connect|after calling end/i.test(error.message)
  );
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
