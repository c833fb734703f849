/**
 * Stand-ins for one test file: started in this process on free ports, each with a fresh book, and
 * closed again when the file ends.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultReport } from '../../src/counterparties/plan.ts';

export interface BookLine {
  readonly seq: number;
  readonly kind: 'effect' | 'request';
  readonly operation: string;
  readonly orderId: string | null;
  readonly requestId: string | null;
  readonly [field: string]: unknown;
}

/** A directory that is gone after the test file; call it inside a describe block. */
export function temporaryDirectory(): (file: string) => string {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'makegood-stand-ins-'));
  });
  after(() => rm(directory, { recursive: true }));
  return (file) => join(directory, file);
}

export async function setFaults(
  url: string,
  plan: unknown,
  kind: 'faults' | 'seed' = 'faults',
): Promise<Response> {
  return fetch(`${url}/control/${kind}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(plan),
  });
}

export async function clearFaults(url: string): Promise<void> {
  await fetch(`${url}/control/faults`, { method: 'DELETE' });
}

export async function faultReport(url: string): Promise<FaultReport> {
  return (await (await fetch(`${url}/control/faults`)).json()) as FaultReport;
}

export async function bookLines(url: string): Promise<readonly BookLine[]> {
  return (await (await fetch(`${url}/control/book`)).json()) as BookLine[];
}

/** The effects of one order, in order. */
export async function effectsOf(url: string, orderId: string): Promise<readonly unknown[]> {
  const lines = await bookLines(url);
  return lines
    .filter((line) => line.kind === 'effect' && line.orderId === orderId)
    .map(({ effect }) => effect);
}
