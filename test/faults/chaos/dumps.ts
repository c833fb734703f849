/** PostgreSQL row by row, and Temporal run by run, as they are after the drain. */
import { Client, Connection } from '@temporalio/client';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { withClient } from '../../../src/launcher/postgres.ts';
import { writeLines } from './lines.ts';

export async function dumpDatabase(adminUrl: string, folder: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    );
    for (const { name } of tables) {
      const table = client.escapeIdentifier(name);
      const { rows } = await client.query<{ row: unknown }>(
        `SELECT row_to_json(t) AS row FROM ${table} t`,
      );
      writeLines(
        folder,
        `database/${name}.jsonl`,
        rows.map(({ row }) => row),
      );
    }
    await client.query('COMMIT');
  });
}

// Beyond so many, every tenth run's history is enough to look into.
const ALL_HISTORIES = 1_500;
const SAMPLE = 10;
const LANES = 8;

/** Answers whether all histories are there, or a sample. */
export async function dumpRuns(address: string, folder: string): Promise<'all' | 'sample'> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const found: WorkflowExecutionInfo[] = [];
    for await (const run of client.workflow.list()) found.push(run);
    const kept = found.length > ALL_HISTORIES ? 'sample' : 'all';
    const waiting = [...found.entries()];
    const rows: unknown[] = [];
    const lane = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const [i, run] = next;
        const handle = client.workflow.getHandle(run.workflowId, run.runId);
        const history = JSON.parse(JSON.stringify(await handle.fetchHistory())) as History;
        rows.push({ ...rowOf(run), history: outline(history) });
        if (kept === 'sample' && i % SAMPLE !== 0) continue;
        if (isLatest(run, found)) writeLines(folder, `histories/${run.workflowId}.json`, [history]);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    writeLines(folder, 'runs.jsonl', rows);
    return kept;
  } finally {
    await connection.close();
  }
}

function rowOf({ workflowId, runId, status, type, startTime, closeTime }: WorkflowExecutionInfo) {
  return { workflowId, runId, status: status.name, type, startTime, closeTime: closeTime ?? null };
}

function isLatest(run: WorkflowExecutionInfo, all: readonly WorkflowExecutionInfo[]): boolean {
  return !all.some(
    ({ workflowId, startTime }) => workflowId === run.workflowId && startTime > run.startTime,
  );
}

interface History {
  readonly events: readonly {
    readonly eventId: string;
    readonly eventType: string;
    readonly activityTaskScheduledEventAttributes?: { readonly activityType: { name: string } };
    readonly activityTaskStartedEventAttributes?: { scheduledEventId: string; attempt: number };
    readonly markerRecordedEventAttributes?: {
      readonly details?: { readonly data?: { readonly payloads: readonly { data: string }[] } };
    };
  }[];
}

type Event = History['events'][number];

/** What happened, without what was said. */
function outline({ events }: History): unknown[] {
  const scheduled = new Map<string, string>();
  return events.map((event) => {
    const name = event.activityTaskScheduledEventAttributes?.activityType.name;
    if (name !== undefined) scheduled.set(event.eventId, name);
    const { scheduledEventId = '', attempt: attempts } =
      event.activityTaskStartedEventAttributes ?? {};
    const activity = name ?? scheduled.get(scheduledEventId) ?? localName(event);
    return { type: event.eventType, activity, attempts };
  });
}

/** The SDK keeps a local activity's name in its marker. */
function localName({ markerRecordedEventAttributes }: Event): string | undefined {
  const data = markerRecordedEventAttributes?.details?.data?.payloads[0]?.data;
  if (data === undefined) return undefined;
  const told = JSON.parse(Buffer.from(data, 'base64').toString()) as { activity_type?: string };
  return told.activity_type;
}
