/**
 * One connection that listens, and comes back by itself whenever it is lost. Notifications sent in
 * between are gone, so whoever uses it reads everything again in `onConnected`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Unavailable } from '../../domain/wrong.ts';
import { INDEXED } from './pool.ts';

export interface ListenerOptions {
  readonly url: string;
  readonly channel: string;
  readonly onConnected: () => void;
  readonly onNotification: (payload: string) => void;
  /** Told of every connection that was lost or not to be had. */
  readonly onLost?: (error: Error) => void;
}

export interface Listener {
  /** Reads over the same connection; throws while there is none. */
  query<Row extends pg.QueryResultRow>(config: pg.QueryConfig): Promise<Row[]>;
  close(): Promise<void>;
}

export function createListener(options: ListenerOptions): Listener {
  const closing = new AbortController();
  let live: pg.Client | undefined;
  const connected = (client: pg.Client | undefined) => {
    live = client;
    if (client !== undefined) options.onConnected();
  };
  const running = keepListening(options, connected, closing.signal);
  return {
    async query<Row extends pg.QueryResultRow>(config: pg.QueryConfig) {
      const client = live;
      if (client === undefined) throw new Unavailable('PostgreSQL: not connected');
      try {
        const { rows } = await client.query<Row>(config);
        return rows;
      } catch (error) {
        // A link that swallows a read swallows notifications too: better a new one.
        void leave(client);
        throw error;
      }
    },
    async close() {
      closing.abort();
      if (live !== undefined) await leave(live);
      await running;
    },
  };
}

// Soon enough that a waiting client hardly notices, slow enough for a server that is starting.
const FIRST_RETRY_MS = 50;
const SLOWEST_RETRY_MS = 1_000;

async function keepListening(
  options: ListenerOptions,
  connected: (client: pg.Client | undefined) => void,
  closing: AbortSignal,
): Promise<void> {
  let failures = 0;
  const isClosing = () => closing.aborted;
  while (!isClosing()) {
    try {
      const client = await connect(options);
      // Whoever closes us ends the live connection; this one was not live yet.
      if (isClosing()) await leave(client);
      else {
        failures = 0;
        const ended = endOf(client);
        connected(client);
        const error = await ended;
        if (!isClosing()) throw error;
      }
    } catch (error) {
      options.onLost?.(error instanceof Error ? error : new Error(String(error)));
    }
    connected(undefined);
    const pause = Math.min(SLOWEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++);
    await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal: closing }).catch(() => 0);
  }
}

/** Why it ended. A query under way is told instead of the client, so there may be no error. */
function endOf(client: pg.Client): Promise<Error> {
  return new Promise((resolve) => {
    let why = new Error('the connection ended');
    client.on('error', (error) => (why = error));
    client.once('end', () => resolve(why));
  });
}

async function connect({ url, channel, onNotification }: ListenerOptions): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    options: INDEXED,
    application_name: 'makegood-feed',
    connectionTimeoutMillis: 3_000,
    query_timeout: 3_000,
    keepAlive: true,
  });
  // Unheard, an error would end the process; what it was is told when the connection has ended.
  client.on('error', () => undefined);
  client.on('notification', ({ payload }) => onNotification(payload ?? ''));
  try {
    await client.connect();
    await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    return client;
  } catch (error) {
    void leave(client);
    throw error;
  }
}

// A server that is there has said goodbye long before.
const GOODBYE_MS = 1_000;

/** Politely, but not for long: on a dead link nobody answers, and the process would not end. */
async function leave(client: pg.Client): Promise<void> {
  const impatient = setTimeout(() => client.connection.stream.destroy(), GOODBYE_MS);
  await client.end().catch(() => undefined);
  clearTimeout(impatient);
}
