/**
 * One API process at a time on one database, behind a proxy on either side of it, and what its books
 * hold. A restart is another process object: nothing of the first is left but PostgreSQL.
 */
import { createHash } from 'node:crypto';
import { createOperatorsDesk } from '../../../src/adapters/postgres/operators-desk.ts';
import { canonicalJson } from '../../../src/api/idempotency.ts';
import { listen } from '../../../src/api/server.ts';
import type { Listening } from '../../../src/api/server.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import { createHarness, createProcess, eventually, PLENTY } from '../harness.ts';
import type { Harness } from '../harness.ts';

export interface Books {
  readonly orders: number;
  readonly refunds: number;
  readonly shipments: number;
  /** Orders that are cancelled, or about to be. */
  readonly cancels: number;
  readonly claims: number;
  /** Workflow IDs that somebody asked Temporal to run. */
  readonly runs: number;
}

export interface Scene extends Pick<Harness, 'acme' | 'globex' | 'book' | 'pool'> {
  readonly desk: ReturnType<typeof createOperatorsDesk>;
  /** Where the process of the moment listens. */
  readonly url: () => string;
  /** Between its clients and the API; it is told of each restart. */
  readonly clients: TcpProxy;
  readonly clientsUrl: () => string;
  /** Between the API and PostgreSQL. */
  readonly postgres: TcpProxy;
  /** With another quota, if one is told; it stays until the next is. */
  readonly restart: (perMinute?: number) => Promise<void>;
  readonly setTemporalDown: (isDown: boolean) => void;
  readonly books: () => Promise<Books>;
  readonly hold: (claim: HeldClaim) => Promise<Rival>;
  /** Nobody can look a claim up until it ends. */
  readonly block: () => Promise<Rival>;
  /** How many clients were gone before their answer. */
  readonly hungUp: () => number;
  /** How many requests the process of the moment has done with. */
  readonly handled: () => number;
  readonly close: () => Promise<void>;
}

/** A request that another process is in the middle of: its claim is written and not committed. */
export interface HeldClaim {
  readonly fn: 'place_order' | 'cancel_order' | 'request_refund' | 'ask_for_shipment';
  readonly route: string;
  readonly key: string;
  readonly sent: unknown;
  /** Before the claim's own values, and after them. */
  readonly before: readonly unknown[];
  readonly after: readonly unknown[];
}

/** In the middle of a transaction, until it is committed or rolled back. */
interface Rival {
  /** Resolves once somebody waits for it. */
  readonly awaited: () => Promise<void>;
  readonly commit: () => Promise<void>;
  readonly rollback: () => Promise<void>;
}

export async function createScene(): Promise<Scene> {
  const api = await createHarness();
  const { hostname: host, port } = new URL(api.database.url);
  const postgres = await startTcpProxy({ host, port: Number(port) });
  const url = postgres.through(api.database.url);
  const ran = new Set<string>();
  let { perMinute } = PLENTY;
  let process = createProcess(url);
  let server: Listening;
  let clients: TcpProxy;
  let hungUp = 0;
  const rivals: Rival[] = [];
  const begun = async (begins: Promise<Rival>) => {
    const rival = await begins;
    rivals.push(rival);
    return rival;
  };
  const begin = async () => {
    const { app } = process;
    const fetch: typeof app.fetch = (request, ...rest) => {
      request.signal.addEventListener('abort', () => hungUp++);
      return app.fetch(request, ...rest);
    };
    server = await listen({ app: { fetch }, hostname: '127.0.0.1', port: 0 });
    clients = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  };
  const end = async () => {
    await clients.close();
    await server.close();
    await process.close();
    noteRuns();
  };
  const noteRuns = () => {
    const { started, refunds } = process.sagas;
    for (const { id } of [...started, ...refunds]) ran.add(id);
  };
  await begin();
  return {
    ...api,
    desk: createOperatorsDesk(api.pool),
    url: () => server.url,
    get clients() {
      return clients;
    },
    clientsUrl: () => clients.through(server.url).replace(/\/$/, ''),
    postgres,
    async restart(quota = perMinute) {
      await end();
      perMinute = quota;
      process = createProcess(url, undefined, { perMinute });
      await begin();
    },
    setTemporalDown: (isDown) => void (process.sagas.down = isDown),
    async books() {
      noteRuns();
      const { rows } = await api.pool.query<Omit<Books, 'runs'>>(BOOKS);
      if (rows[0] === undefined) throw new Error('no books');
      return { ...rows[0], runs: ran.size };
    },
    hold: (claim) => begun(hold(api, claim)),
    block: () => begun(inTransaction(api, 'LOCK TABLE idempotency_claim', [])),
    hungUp: () => hungUp,
    handled: () => process.lines.filter(({ msg }) => msg === 'request').length,
    async close() {
      // A row that failed has left its own behind, and every pool would wait for them.
      await Promise.all(rivals.map((rival) => rival.rollback()));
      await end();
      await postgres.close();
      await api.close();
    },
  };
}

const BOOKS = `SELECT (SELECT count(*)::integer FROM "order") AS orders,
  (SELECT count(*)::integer FROM refund) AS refunds,
  (SELECT count(*)::integer FROM shipment_request) AS shipments,
  (SELECT count(*)::integer FROM "order" WHERE reason = 'cancelled') AS cancels,
  (SELECT count(*)::integer FROM idempotency_claim) AS claims`;

function hold(api: Harness, held: HeldClaim): Promise<Rival> {
  const { fn, route, key, sent, before, after } = held;
  const sha256 = (text: string) => createHash('sha256').update(text).digest();
  const fingerprint = sha256(['v1', route, canonicalJson(sent)].join('\n'));
  const values = [api.acme.id, ...before, route, sha256(key), fingerprint, ...after];
  const marks = values.map((_, index) => `$${index + 1}`).join(', ');
  return inTransaction(api, `SELECT ${fn}(${marks})`, values);
}

// By a connection of its own, so that as many as a row needs hold their claims at once.
async function inTransaction({ pool }: Harness, text: string, values: unknown[]): Promise<Rival> {
  const client = await pool.connect();
  await client.query('BEGIN');
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await client.query(text, values);
  let isOver = false;
  const end = async (how: 'COMMIT' | 'ROLLBACK') => {
    if (isOver) return;
    isOver = true;
    await client.query(how);
    client.release();
  };
  const waiting = 'SELECT FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))';
  return {
    awaited: () =>
      eventually(async () => (await pool.query(waiting, [rows[0]?.pid])).rowCount !== 0),
    commit: () => end('COMMIT'),
    rollback: () => end('ROLLBACK'),
  };
}
