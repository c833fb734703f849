/** After the drain: every order as its client could read it, with its events and refunds. */
import type { Memory } from './client.ts';
import type { Stack } from './stack.ts';
import { TENANTS } from './shelf.ts';
import type { Tenant } from './shelf.ts';
import { writeLines } from './lines.ts';

interface Page {
  readonly data: readonly Record<string, unknown>[];
  readonly nextCursor: string | null;
}

// Two processes, each with a pool of ten.
const LANES = 8;

/** Answers how many orders there are. */
export async function readFinally(
  { apiUrls, apiKeys }: Pick<Stack, 'apiUrls' | 'apiKeys'>,
  { acknowledged }: Pick<Memory, 'acknowledged'>,
  folder: string,
): Promise<number> {
  const base = apiUrls[0] ?? '';
  const get = async (tenant: Tenant, path: string) => {
    const headers = { Authorization: `Bearer ${apiKeys[tenant]}` };
    const signal = AbortSignal.timeout(READ_MS);
    const response = await fetch(`${base}${path}`, { headers, signal });
    return { status: response.status, body: await response.json() };
  };
  const pages = async (tenant: Tenant, path: string) => {
    const rows: Record<string, unknown>[] = [];
    for (let cursor = ''; ;) {
      const { status, body } = await get(tenant, `${path}?limit=100${cursor}`);
      if (status !== 200) throw new Error(`${path} is answered ${status}`);
      const { data, nextCursor } = body as Page;
      rows.push(...data);
      if (nextCursor === null) return rows;
      cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
    }
  };

  const listed = new Map<string, Tenant>();
  const list: unknown[] = [];
  for (const tenant of TENANTS) {
    for (const row of await pages(tenant, '/v1/orders')) {
      listed.set(String(row['id']), tenant);
      list.push({ ...row, tenant });
    }
  }
  writeLines(folder, 'final/list.jsonl', list);

  const readOrder = async (id: string): Promise<unknown> => {
    // One that no list has is asked of the first; the checker is told what the answer was.
    const tenant = listed.get(id) ?? TENANTS[0];
    const path = `/v1/orders/${id}`;
    const { status, body } = await get(tenant, path);
    const events = status === 200 ? await pages(tenant, `${path}/events`) : [];
    const refunds = new Set(acknowledged.get(id));
    for (const { refundId } of events) if (typeof refundId === 'string') refunds.add(refundId);
    const read = [...refunds].map(
      async (refund) => (await get(tenant, `${path}/refunds/${refund}`)).body,
    );
    return { id, status, order: body, events, refunds: await Promise.all(read) };
  };
  const ids = [...new Set([...acknowledged.keys(), ...listed.keys()])];
  const orders: unknown[] = [];
  const waiting = [...ids];
  const lane = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      orders.push(await readOrder(id));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  writeLines(folder, 'final/orders.jsonl', orders);
  return ids.length;
}

const READ_MS = 20_000;
