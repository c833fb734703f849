/**
 * Gives an operator's word about all of a cause to one step after the other, at a bounded rate. Runs
 * in every API process: how far an act has come is in the books, so whoever is there goes on with it.
 */
import type { Logger } from 'pino';
import type { SagaClient } from '../client/ports.ts';
import { wake } from '../operator/resolve.ts';
import { createLoop, inLanes } from './loop.ts';
import type { Loop, LoopActs } from './loop.ts';
import type { OperationsDesk } from './operator-ports.ts';

export interface RetrierOptions {
  readonly desk: Pick<OperationsDesk, 'retryNext'>;
  readonly sagas: Pick<SagaClient, 'wakeStep'>;
  readonly log: Logger;
  readonly everyMs?: number;
  /** How many of one act are retried in one turn, and how long the next turn of it waits. */
  readonly batch?: number;
  readonly pauseMs?: number;
  readonly did?: LoopActs;
}

export function createRetrier(options: RetrierOptions): Loop {
  // 50 orders a second are a small part of what the parties outside take from us every day.
  const { desk, sagas, log, did, everyMs = 1_000, batch = 50, pauseMs = 1_000 } = options;
  return createLoop({
    name: 'retrier',
    everyMs,
    log,
    async pass(stopping) {
      while (!stopping.aborted) {
        const given = await desk.retryNext(batch, pauseMs);
        if (given === undefined) return;
        // A run that is not woken looks by itself within a minute.
        await inLanes(given, LANES, async (step) => {
          return (await wake(sagas, { ...step, action: 'retry' })) === undefined;
        });
        log.info({ count: given.length }, 'retried for an operator');
        did?.('retrier', 'retried', given.length);
      }
    },
  });
}

// As the watcher does: a Temporal that has just come back is not run over.
const LANES = 10;
