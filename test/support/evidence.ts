/**
 * Evidence of a small story, in the form that test/faults/checker reads: a client that keeps a
 * journal, and what is collected of the stack once all is over.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readBook } from './audit.ts';
import type { ProcessStack } from './processes.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Asking {
  readonly method?: string;
  readonly key?: string;
  readonly prefer?: string;
  readonly body?: object;
  /** Hangs up at once: the request may have arrived. */
  readonly lost?: boolean;
}

/** A client of one tenant; whatever it sends and sees goes into the journal. */
export function createJournal(lines: object[]) {
  let calls = 0;
  return (url: string, client: number, tenant: string, apiKey: string) =>
    async (path: string, { lost = false, ...asking }: Asking = {}): Promise<Answer> => {
      const { method = 'GET', key, prefer, body } = asking;
      const known = { client, tenant, method, path, key, prefer, call: (calls += 1) };
      const headers = {
        Authorization: `Bearer ${apiKey}`,
        'X-Request-Id': randomUUID(),
        ...(body && { 'Content-Type': 'application/json' }),
        ...(key !== undefined && { 'Idempotency-Key': key }),
        ...(prefer !== undefined && { Prefer: prefer }),
      };
      lines.push({ at: Date.now(), kind: 'send', ...known, body });
      const sent = fetch(`${url}${path}`, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
      });
      const answer = await (lost ? Promise.race([sent, delay(5)]) : sent);
      if (!(answer instanceof Response)) {
        lines.push({ at: Date.now(), kind: 'lost', ...known });
        await sent;
        return { status: 0, text: '' };
      }
      const { status } = answer;
      const text = await answer.text();
      const seen = Object.fromEntries([...answer.headers].filter(([name]) => KEPT.includes(name)));
      lines.push({ at: Date.now(), kind: 'answer', ...known, status, headers: seen, text });
      return { status, text };
    };
}

// The others are the same on every answer.
const KEPT = ['location', 'idempotent-replayed', 'retry-after', 'x-request-id'];

type Files = Map<string, string>;

/** Books, database, runs and logs, as they are when all has ended. */
export async function collect(stack: ProcessStack): Promise<Files> {
  const files: Files = new Map();
  const { gatewayUrl, carrierUrl, mailUrl } = stack.parties;
  files.set('gateway.jsonl', inLines(await readBook(gatewayUrl)));
  files.set('carrier.jsonl', inLines(await readBook(carrierUrl)));
  files.set('mails.jsonl', inLines(await readBook(mailUrl)));
  await dumpDatabase(stack, files);
  await listRuns(stack, files);
  for (const name of ['api', 'worker'] as const) {
    files.set(`logs/${name}.log`, await stack.logOf(name));
  }
  return files;
}

async function dumpDatabase({ shop }: ProcessStack, files: Files): Promise<void> {
  const client = await shop.pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`,
    );
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(
        `SELECT row_to_json(t)::text AS row FROM "${name}" t`,
      );
      files.set(`database/${name}.jsonl`, rows.map(({ row }) => `${row}\n`).join(''));
    }
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

async function listRuns({ client, taskQueue }: ProcessStack, files: Files): Promise<void> {
  const runs: object[] = [];
  const listed = client.workflow.list({ query: `TaskQueue = '${taskQueue}'` });
  for await (const { workflowId, runId, status, type, startTime, closeTime } of listed) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    runs.push({
      ...{ workflowId, runId, status: status.name, type, startTime, closeTime },
      history: (history.events ?? []).map((event) => ({
        type: event.eventType,
        activity: event.activityTaskScheduledEventAttributes?.activityType?.name ?? undefined,
        attempts: event.activityTaskStartedEventAttributes?.attempt ?? undefined,
      })),
    });
  }
  files.set('runs.jsonl', inLines(runs));
}

/** Stock and money as one transaction sees them. */
export async function snapshot({ shop }: ProcessStack): Promise<object> {
  const { rows } = await shop.pool.query<{ shot: object }>(
    `SELECT jsonb_build_object(
       'stock', (SELECT jsonb_agg(jsonb_build_object('sku', sku, 'available', available,
         'reserved', reserved, 'sold', sold) ORDER BY sku) FROM stock),
       'vouchers', (SELECT coalesce(jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'code', code,
         'taken', taken, 'uses', uses)), '[]') FROM voucher),
       'money', (SELECT jsonb_build_object('authorized', coalesce(sum(authorized), 0),
         'captured', coalesce(sum(captured), 0), 'voided', coalesce(sum(voided), 0),
         'refunded', coalesce(sum(refunded), 0)) FROM payment)) AS shot`,
  );
  return { at: new Date().toISOString(), ...rows[0]?.shot };
}

export function inLines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

export async function write(folder: string, files: Files): Promise<void> {
  for (const [name, text] of files) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
