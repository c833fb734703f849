/** What happens to PostgreSQL besides being killed: a lock that is held, no connection left, a stop. */
import pg from 'pg';
import type { DatabaseAct } from './acts.ts';
import type { Database } from './servers.ts';

export function createDatabaseFaults(database: Database) {
  return {
    async during(act: DatabaseAct, pause: () => Promise<void>): Promise<void> {
      switch (act.fault) {
        case 'lock':
          await holdLock(database.adminUrl, act.table ?? 'stock', pause);
          return;
        case 'exhaust':
          await holdConnections(database.url, pause);
          return;
        case 'immediate-stop':
          await database.stopAtOnce();
          await pause();
          await database.up();
      }
    },
  };
}

async function holdLock(url: string, table: string, pause: () => Promise<void>): Promise<void> {
  const client = await connect(url);
  try {
    await client.query('BEGIN');
    await client.query(`LOCK TABLE ${client.escapeIdentifier(table)} IN ACCESS EXCLUSIVE MODE`);
    await pause();
  } finally {
    // Which rolls back as well, also where PostgreSQL was killed meanwhile.
    await client.end().catch(() => undefined);
  }
}

// Above max_connections: somebody is refused, be it us.
const MOST = 250;

/** As a leak would: all that are left for the application's role. */
async function holdConnections(url: string, pause: () => Promise<void>): Promise<void> {
  const held: pg.Client[] = [];
  try {
    while (held.length < MOST) {
      const client = await connect(url).catch(() => undefined);
      if (client === undefined) break;
      held.push(client);
    }
    await pause();
  } finally {
    await Promise.allSettled(held.map((client) => client.end()));
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
    application_name: 'nemesis',
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
