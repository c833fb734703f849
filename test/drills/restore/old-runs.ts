/**
 * The runs that the lost Temporal had, read off its file by a server of their own once all is over,
 * and put beside those of the new one, for the checker asks of every order where its run is.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../../../src/launcher/places.ts';
import { freePort } from '../../../src/launcher/ports.ts';
import { temporalBinary } from '../../../src/launcher/temporal-binary.ts';
import { startTemporal } from '../../../src/launcher/temporal.ts';
import { dumpRuns } from '../../faults/chaos/dumps.ts';
import { readLines, writeLines } from '../../faults/chaos/lines.ts';
import { lostTemporal } from './ways.ts';

interface Run {
  readonly workflowId: string;
  readonly status: string;
}

/** Answers how many runs were lost while they ran. */
export async function addOldRuns(folder: string, say: (line: string) => void): Promise<number> {
  const lost = lostTemporal(folder);
  const logFile = join(lost, 'temporal.log');
  const binary = await temporalBinary({
    cacheDir: cacheDirectory(process.env),
    environment: process.env,
    logFile,
    say,
  });
  const [port, uiPort] = [await freePort(), await freePort()];
  const server = await startTemporal({ binary, stateDir: lost, port, uiPort, logFile });
  const read = join(lost, 'read');
  await dumpRuns(server.address, read);
  await server.stop();
  const old = readLines(read, 'runs.jsonl') as readonly Run[];
  const runs = readLines(folder, 'runs.jsonl') as readonly Run[];
  const begunAgain = new Set(runs.map(({ workflowId }) => workflowId));
  const isLost = ({ status }: Run) => status === 'RUNNING';
  // One that was cut off after its order had ended has nothing left to do, and nobody begins it again.
  const told = old
    .filter((run) => !isLost(run) || !begunAgain.has(run.workflowId))
    .map((run) => (isLost(run) ? { ...run, status: 'TERMINATED' } : run));
  writeLines(folder, 'runs.jsonl', [...told, ...runs]);
  noteEnded(
    folder,
    told.filter(({ status }) => status === 'TERMINATED'),
  );
  renameSync(logFile, join(folder, 'logs', 'temporal-lost.log'));
  return old.filter(isLost).length;
}

/** As if an operator had ended them: that their orders have ended all the same is in the book. */
function noteEnded(folder: string, ended: readonly Pick<Run, 'workflowId'>[]): void {
  const file = join(folder, 'run.json');
  const run = JSON.parse(readFileSync(file, 'utf8')) as { readonly deeds?: readonly object[] };
  const at = Date.now();
  const cut = ended.map(({ workflowId }) => ({
    at,
    deed: 'terminate',
    workflowId,
    answered: true,
  }));
  const deeds = [...(run.deeds ?? []), ...cut];
  writeFileSync(file, `${JSON.stringify({ ...run, deeds }, undefined, 2)}\n`);
}
