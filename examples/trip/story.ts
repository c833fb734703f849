/** Three trips: one that goes well, one that is called off, and one that needs a person. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { WorkflowClient, WorkflowHandle } from '@temporalio/client';
import { progressQuery, resolveStep } from 'makegood/saga';
import { createParties } from './parties.ts';
import { createTripWorker } from './worker.ts';
import type { bookTrip } from './workflows.ts';

// Parked after two tries and not after three minutes, so that the story is short.
const IMPATIENT = { attempts: 2, hotAttempts: 2, firstRetryMs: 50, slowestRetryMs: 500 };

export interface Setting {
  readonly address: string;
  readonly taskQueue: string;
  readonly say: (line: string) => void;
}

export async function tellTrips({ address, taskQueue, say }: Setting): Promise<void> {
  const connection = await Connection.connect({ address });
  const { workflow } = new Client({ connection });
  const parties = createParties();
  const { worker, close } = await createTripWorker({ address, taskQueue, parties });
  const noRoom = { status: 409, detail: 'no room is free' };
  const busy = { status: 503, detail: 'the line is busy' };

  const tell = async () => {
    const good = await start(workflow, taskQueue, newId());
    say(`1. All goes well: ${JSON.stringify(await good.result())}`);

    const full = newId();
    parties.hotel.answerNext(full, 'booked', [noRoom]);
    const calledOff = await start(workflow, taskQueue, full);
    say(`2. The hotel is full: ${JSON.stringify(await calledOff.result())}`);

    const stuck = newId();
    parties.hotel.answerNext(stuck, 'booked', [noRoom]);
    parties.airline.answerNext(stuck, 'cancelled', Array<typeof busy>(1_000).fill(busy));
    const trip = await start(workflow, taskQueue, stuck);
    const step = await parkedStep(trip);
    say('3. The hotel is full, and the airline does not take the flight back:');
    for (const line of await trip.query(progressQuery)) {
      const state = line.state === 'parked' ? 'its undo is parked' : line.state;
      say(`   ${line.step}: ${state} (${line.detail ?? 'no trouble'})`);
    }
    // Somebody calls the airline, and then says so.
    parties.airline.write(stuck, 'cancelled');
    const word = { step, action: 'mark-done', by: 'ann', why: 'cancelled by phone' } as const;
    await trip.executeUpdate(resolveStep, { args: [word] });
    say(`   Marked as done: ${JSON.stringify(await trip.result())}`);
  };
  try {
    await worker.runUntil(tell);
  } finally {
    await Promise.all([connection.close(), close()]);
  }
}

function newId(): string {
  return `trip-${randomUUID()}`;
}

/**
 * The workflow's ID is the trip's own, so there are never two runs of one trip at the same time; and
 * one that has come to its end is not run again.
 */
function start(workflow: WorkflowClient, taskQueue: string, id: string) {
  return workflow.start<typeof bookTrip>('bookTrip', {
    taskQueue,
    workflowId: id,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    args: [{ trip: { id }, budgets: IMPATIENT }],
  });
}

async function parkedStep(trip: WorkflowHandle): Promise<string> {
  for (;;) {
    const progress = await trip.query(progressQuery);
    const parked = progress.find(({ state }) => state === 'parked');
    if (parked !== undefined) return parked.step;
    await delay(50);
  }
}
