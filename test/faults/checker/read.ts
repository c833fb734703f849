/**
 * Reads a folder of evidence, as README.md describes it. What is missing or unreadable is noted
 * and read as empty: the rest may still show that something has failed.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createLookout, type Canary, type Lookout } from './canaries.ts';
import type { Database, Evidence, Missing, Run } from './evidence.ts';
import { closedBook, eachLine, parseRow } from './lines.ts';

export async function readEvidence(folder: string): Promise<Evidence> {
  const missing: Missing[] = [];
  const run = await readJson<Run>(folder, 'run.json', NO_RUN, missing);
  const canaries = await readJson<readonly Canary[]>(folder, 'canaries.json', [], missing);
  const source: Source = { folder, missing, lookout: createLookout(canaries) };
  const database = await readDatabase(source);
  const { gateway_event: heard, webhook_endpoint: endpoints } = database;
  const evidence = {
    ...{ run, missing, sightings: source.lookout.sightings, database },
    clients: await rows<Of<'clients'>>(source, 'clients.jsonl', CLIENT_FIELDS),
    finals: await rows<Of<'finals'>>(source, 'final/orders.jsonl', FINAL_FIELDS),
    list: await rows<Of<'list'>>(source, 'final/list.jsonl', ['id', 'status', 'amount']),
    gateway: await book<Of<'gateway'>>(source, 'gateway.jsonl'),
    tellings: await toldIn(source, 'gateway-events.jsonl', heard, book<Of<'tellings'>>),
    webhooks: await toldIn(source, 'webhooks.jsonl', endpoints, webhooks),
    carrier: await book<Of<'carrier'>>(source, 'carrier.jsonl'),
    mails: await book<Of<'mails'>>(source, 'mails.jsonl'),
    snapshots: await rows<Of<'snapshots'>>(source, 'snapshots.jsonl', ['at', 'stock', 'money']),
    runs: await rows<Of<'runs'>>(source, 'runs.jsonl', ['workflowId', 'status', 'startTime']),
    operators: await optional<Of<'operators'>>(source, 'operators.jsonl', ['orderId', 'action']),
  };
  await lookThrough(source);
  return evidence;
}

type Of<Name extends Exclude<keyof Evidence, 'run' | 'database'>> = Evidence[Name][number];

const NO_RUN: Run = { healedAt: '', stock: {}, plan: [], unresolvable: [] };
const CLIENT_FIELDS = ['at', 'kind', 'tenant', 'method', 'path', 'call'];
const FINAL_FIELDS = ['id', 'status', 'order', 'events', 'refunds'];
const BOOK_FIELDS = ['seq', 'kind', 'at', 'operation', 'orderId'];

// What the invariants ask for by name; the other tables are only searched for canaries.
const TABLES: Readonly<Record<keyof Database, readonly string[]>> = {
  order: ['id', 'tenant_id', 'status', 'needs_operator'],
  stock: ['sku', 'available', 'reserved', 'sold'],
  voucher: ['tenant_id', 'code', 'taken', 'uses'],
  voucher_use: ['order_id', 'tenant_id', 'code', 'state'],
  reservation: ['order_id', 'sku', 'quantity', 'state', 'restocked'],
  payment_entry: ['id', 'order_id', 'operation', 'n', 'kind', 'captured'],
  refund: ['id', 'request_id'],
  parked_step: ['order_id'],
  operator_action: ['order_id', 'action', 'operator', 'why', 'before', 'after'],
  order_event: ['order_id', 'sequence', 'id', 'type', 'occurred_at'],
  gateway_event: ['id', 'handled_at'],
  webhook_endpoint: ['id', 'tenant_id', 'event_types', 'created_at'],
  webhook_delivery: ['endpoint_id', 'event_id', 'order_id', 'state', 'attempts'],
};

interface Source {
  readonly folder: string;
  readonly missing: Missing[];
  readonly lookout: Lookout;
}

async function readJson<T>(folder: string, file: string, none: T, missing: Missing[]): Promise<T> {
  try {
    const read: unknown = JSON.parse(await readFile(join(folder, file), 'utf8'));
    const isLike = Array.isArray(none)
      ? Array.isArray(read)
      : Object.keys(none as object).every((field) => field in (read as object));
    if (!isLike) throw new Error('a field is missing');
    return read as T;
  } catch (error) {
    missing.push({ file, why: reason(error) });
    return none;
  }
}

async function rows<Row>(
  { folder, missing, lookout }: Source,
  name: string,
  fields: readonly string[],
  mayBeTorn = false,
): Promise<readonly Row[]> {
  const found: Row[] = [];
  let line = 0;
  let unread: { readonly line: number; readonly why: string } | undefined;
  try {
    const isWhole = await eachLine(join(folder, name), (text) => {
      line += 1;
      lookout.look(name, line, text);
      try {
        found.push(parseRow(text, fields) as Row);
      } catch (error) {
        unread ??= { line, why: `line ${line}: ${reason(error)}` };
      }
    });
    const isTorn = mayBeTorn && !isWhole && unread?.line === line;
    if (unread !== undefined && !isTorn) missing.push({ file: name, why: unread.why });
  } catch (error) {
    missing.push({ file: name, why: reason(error) });
  }
  return found;
}

async function optional<Row>(
  source: Source,
  name: string,
  fields: readonly string[],
): Promise<readonly Row[]> {
  return (await isThere(source, name)) ? await rows<Row>(source, name, fields) : [];
}

/** Not every run has it: it has to be there where our own books know of any. */
async function toldIn<Row>(
  source: Source,
  name: string,
  known: readonly unknown[],
  read: (source: Source, name: string) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  return known.length > 0 || (await isThere(source, name)) ? await read(source, name) : [];
}

function webhooks(source: Source, name: string): Promise<readonly Of<'webhooks'>[]> {
  return rows(source, name, ['endpoint', 'id', 'isSigned', 'body']);
}

async function isThere({ folder }: Source, name: string): Promise<boolean> {
  return await stat(join(folder, name)).then(
    () => true,
    () => false,
  );
}

async function book<Row extends { seq: number; kind: string }>(
  source: Source,
  name: string,
): Promise<readonly Row[]> {
  const closed = closedBook(await rows<Row>(source, name, BOOK_FIELDS, true));
  if (closed.gap !== undefined) {
    source.missing.push({ file: name, why: `seq ${closed.gap} is not there` });
  }
  return closed.book;
}

async function readDatabase(source: Source): Promise<Database> {
  const tables: [string, readonly unknown[]][] = [];
  for (const [table, fields] of Object.entries(TABLES)) {
    tables.push([table, await rows(source, `database/${table}.jsonl`, fields)]);
  }
  return Object.fromEntries(tables) as unknown as Database;
}

/** The files that nothing else reads, for canaries only. */
async function lookThrough({ folder, missing, lookout }: Source): Promise<void> {
  const namesIn = async (directory: string) =>
    (await readdir(join(folder, directory)).catch(() => [])).map((name) => `${directory}/${name}`);
  const logs = await namesIn('logs');
  if (logs.length === 0) missing.push({ file: 'logs/', why: 'there are none' });
  const read = Object.keys(TABLES).map((table) => `database/${table}.jsonl`);
  const others = (await namesIn('database')).filter((name) => !read.includes(name));
  for (const name of [...logs, ...others, ...(await namesIn('histories'))]) {
    let line = 0;
    await eachLine(join(folder, name), (text) => {
      line += 1;
      lookout.look(name, line, text);
    });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+ '.*/, '') : String(error);
}
