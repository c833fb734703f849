/** Two processes of one API, orders at every stage, and clients that follow them over the wire. */
import assert from 'node:assert/strict';
import pg from 'pg';
import { listen } from '../../src/api/server.ts';
import type { Listening } from '../../src/api/server.ts';
import type { EventStreamsOptions } from '../../src/api/event-stream.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { createHarness, createProcess, getOf, orderIn, postOf } from '../api/harness.ts';
import type { Harness, Tenant } from '../api/harness.ts';
import type { Frame, ReadStream } from './event-stream.ts';
import { bookCompleted } from './refunds.ts';

export const TOTAL = 2048n;

export const SMOOTH = ['accepted', 'reserved', 'authorized', 'paid', 'shipped', 'completed'].map(
  (status) => `order.${status}`,
);

export interface ServedProcess extends Omit<ReturnType<typeof createProcess>, 'close'> {
  readonly url: string;
  close(): Promise<void>;
}

export async function serve(
  databaseUrl: string,
  streams: Omit<EventStreamsOptions, 'feed'> = {},
): Promise<ServedProcess> {
  const api = createProcess(databaseUrl, 10, streams);
  const server: Listening = await listen({ app: api.app, hostname: '127.0.0.1', port: 0 });
  return {
    ...api,
    url: server.url,
    async close() {
      await api.close();
      await server.close();
    },
  };
}

export async function createEventScene(streams: Omit<EventStreamsOptions, 'feed'> = {}) {
  const api = await createHarness();
  const processes = [await serve(api.database.url), await serve(api.database.url, streams)];
  const place = async (tenant: Tenant = api.acme) =>
    (await orderIn(await api.app.request('/v1/orders', postOf(tenant)))).id;
  const [first, second] = processes as [ServedProcess, ServedProcess];
  return {
    api,
    first,
    second,
    place,
    async completed() {
      const id = await place();
      await bookCompleted(api.book, id, TOTAL);
      return id;
    },
    async reject(id: OrderId) {
      await api.book.beginUnwind(id, 'out-of-stock');
      await api.book.closeOrder(id);
    },
    /** Over the wire, from one of the processes. */
    follow: (
      id: string,
      options: { from?: string | undefined; at?: ServedProcess; signal?: AbortSignal } = {},
    ) => {
      const { from, at = first, signal } = options;
      const init = { ...streaming(api.acme, from), ...(signal && { signal }) };
      return fetch(`${at.url}/v1/orders/${id}/events`, init);
    },
    async close() {
      await Promise.all(processes.map((one) => one.close()));
      await api.close();
    },
  };
}

export type EventScene = Awaited<ReturnType<typeof createEventScene>>;

export function streaming(tenant: Pick<Tenant, 'key'>, lastEventId?: string) {
  return getOf(tenant, {
    Accept: 'text/event-stream',
    ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
  });
}

export function typesOf(frames: readonly Frame[]): string[] {
  return frames.map(({ event }) => event);
}

export async function take(stream: ReadStream, count: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  while (frames.length < count) frames.push((await stream.next()) ?? assert.fail('it ended'));
  return frames;
}

/** What a process has logged of streams that ended. */
export function streamEnds({ lines }: Pick<Harness, 'lines'>) {
  return lines.filter(({ msg }) => msg === 'stream ended');
}

/** How many rows statements of that name have read since, in this process; ends when asked. */
export function countRows(name: string): () => number {
  const client = pg.Client.prototype as unknown as {
    query: (...args: unknown[]) => Promise<pg.QueryResult>;
  };
  const { query: real } = client;
  let rows = 0;
  client.query = async function (...args) {
    const answer = await real.apply(this, args);
    if ((args[0] as { name?: string }).name === name) rows += answer.rows.length;
    return answer;
  };
  return () => {
    client.query = real;
    return rows;
  };
}
