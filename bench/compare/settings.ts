/** What is set where, for the record; bench/README.md says why and by whose advice. */
export const SETTINGS: Readonly<Record<string, string>> = {
  PostgreSQL: 'one new cluster for each turn; fsync and synchronous_commit on, max_connections 200',
  floor: 'one process with web server and a pool of 20, prepared statements',
  Restate:
    '1 node, 4 partitions, write-ahead log flushed (the default), no telemetry; one service process',
  DBOS: 'one process with web server, pool of 20, no queue (started where the request came in)',
  Temporal:
    'server 1.32.0 on PostgreSQL (postgres12_pgx, 4 history shards, 1 task queue partition); ' +
    'dev server 1.29 on SQLite in WAL mode, 1 task queue partition',
  'Temporal worker':
    'one process, prebuilt bundle, the SDK’s defaults but for sticky tasks (3 s) and without stacks ' +
    'of promises (decision 27), all as makegood’s; one process as its door',
  makegood: 'one API, one worker, as `npm start` runs them; no rate limit',
};
