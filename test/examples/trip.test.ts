/**
 * The trip: a saga of another domain, on the engine's public face alone and on a real Temporal
 * server. Judged from the books of the parties.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createActivities } from '../../examples/trip/activities.ts';
import { createParties } from '../../examples/trip/parties.ts';
import type { Answer, Party, State } from '../../examples/trip/parties.ts';
import { createTripWorker } from '../../examples/trip/worker.ts';
import type { bookTrip } from '../../examples/trip/workflows.ts';
import { progressQuery, resolveStep } from '../../src/saga/index.ts';
import { eventually } from '../api/harness.ts';
import { service } from '../support/services.ts';

const busy = { status: 503, detail: 'the line is busy' };
const noRoom = { status: 409, detail: 'no room is free' };
const always = (answer: Answer) => Array<Answer>(1_000).fill(answer);

describe('a trip', () => {
  const parties = createParties();
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  let trips = 0;
  let client: Client;
  let close: () => Promise<void>;

  before(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const { address } = await service('temporal');
    const tripWorker = await createTripWorker({ address, taskQueue, parties });
    const running = tripWorker.worker.run();
    const connection = await Connection.connect({ address });
    client = new Client({ connection });
    close = async () => {
      tripWorker.worker.shutdown();
      await running;
      await Promise.all([tripWorker.close(), connection.close()]);
    };
  });
  after(() => close());

  const newTrip = () => ({ id: `${taskQueue}-${(trips += 1)}` });
  const start = (trip: { readonly id: string }, slowestRetryMs = 100) =>
    client.workflow.start<typeof bookTrip>('bookTrip', {
      taskQueue,
      workflowId: trip.id,
      args: [{ trip, budgets: { attempts: 2, hotAttempts: 2, firstRetryMs: 20, slowestRetryMs } }],
    });
  /** All that happened to a trip, party by party. */
  const books = ({ id }: { readonly id: string }) => {
    const of = ({ book }: Party) =>
      book.filter((line) => line.startsWith(`${id} `)).map((line) => line.slice(id.length + 1));
    return [parties.airline, parties.hotel, parties.cars].map((party) => of(party).join(', '));
  };
  /** A trip whose hotel is full and whose airline does not take the flight back. */
  const parked = async (slowestRetryMs?: number) => {
    const trip = newTrip();
    parties.hotel.answerNext(trip.id, 'booked', [noRoom]);
    parties.airline.answerNext(trip.id, 'cancelled', always(busy));
    const run = await start(trip, slowestRetryMs);
    const flight = async () => (await run.query(progressQuery)).find((line) => line.undo);
    await eventually(async () => (await flight())?.state === 'parked');
    return { trip, run };
  };

  it('that goes well books each party once', async () => {
    const trip = newTrip();
    const result = await (await start(trip)).result();
    assert.deepEqual(result, { status: 'booked', car: `${trip.id} booked` });
    assert.deepEqual(books(trip), ['booked, sold', 'booked', 'booked']);
  });

  it('takes place without a car when there is none', async () => {
    const trip = newTrip();
    parties.cars.answerNext(trip.id, 'booked', [{ status: 409, detail: 'all are out' }]);
    assert.deepEqual(await (await start(trip)).result(), { status: 'booked', car: null });
    assert.deepEqual(books(trip), ['booked, sold', 'booked', '']);
  });

  it('whose hotel is full gives the flight back', async () => {
    const trip = newTrip();
    parties.hotel.answerNext(trip.id, 'booked', [noRoom]);
    const result = await (await start(trip)).result();
    assert.deepEqual(result, { status: 'called off', reason: 'no-room' });
    assert.deepEqual(books(trip), ['booked, cancelled', 'cancelled', '']);
  });

  it('gives a flight back that was booked although nobody was told', async () => {
    const trip = newTrip();
    parties.airline.write(trip.id, 'booked');
    parties.airline.answerNext(trip.id, 'booked', always(busy));
    const result = await (await start(trip)).result();
    assert.deepEqual(result, { status: 'called off', reason: 'temporarily-unavailable' });
    assert.deepEqual(books(trip), ['booked, cancelled', '', '']);
  });

  it('whose flight cannot be given back is parked, and ends when an operator says so', async () => {
    // Tried so rarely that only the operator's word ends the wait in time.
    const { trip, run } = await parked(600_000);
    const word = { step: 'book flight', by: 'ann', why: 'cancelled by phone' } as const;
    const refuse = { ...word, action: 'refuse', code: 'no-seat' } as const;
    await assert.rejects(run.executeUpdate(resolveStep, { args: [refuse] }), (error: Error) =>
      /one of: retry, mark-done, skip/.test(String(error.cause)),
    );
    parties.airline.write(trip.id, 'cancelled');
    await run.executeUpdate(resolveStep, { args: [{ ...word, action: 'mark-done' }] });
    assert.deepEqual(await run.result(), { status: 'called off', reason: 'no-room' });
    assert.deepEqual(books(trip), ['booked, cancelled', 'cancelled', '']);
  });

  it('that is parked ends by itself once the airline answers again', async () => {
    const { trip, run } = await parked();
    parties.airline.answerNext(trip.id, 'cancelled', []);
    assert.deepEqual(await run.result(), { status: 'called off', reason: 'no-room' });
    assert.deepEqual(books(trip), ['booked, cancelled', 'cancelled', '']);
  });
});

describe("a trip's activities", () => {
  const pairs = [
    ['airline', 'bookFlight', 'cancelFlight'],
    ['hotel', 'bookHotel', 'cancelHotel'],
  ] as const;
  const trip = { id: 'trip-1' };

  it('may each be called twice', async () => {
    const parties = createParties();
    const act = createActivities(parties);
    for (const name of ['bookFlight', 'bookHotel', 'buyTicket', 'rentCar'] as const) {
      assert.equal(await act[name](trip), await act[name](trip));
    }
    assert.deepEqual(parties.airline.book, ['trip-1 booked', 'trip-1 sold']);
    assert.deepEqual(parties.hotel.book, ['trip-1 booked']);
    assert.deepEqual(parties.cars.book, ['trip-1 booked']);
  });

  for (const [party, book, cancel] of pairs) {
    it(`${cancel} is harmless twice, and before ${book}, which is refused then`, async () => {
      const parties = createParties();
      const act = createActivities(parties);
      assert.equal(await act[cancel](trip), await act[cancel](trip));
      await assert.rejects(act[book](trip), { type: 'Refusal' });
      assert.deepEqual(parties[party].book, ['trip-1 cancelled']);
    });
  }

  it('tell a refusal, an outage, a wait and a bug apart', async () => {
    const parties = createParties();
    const act = createActivities(parties);
    const types = [
      [409, 'Refusal'],
      [503, 'Unavailable'],
      [429, 'Unavailable'],
      [202, 'Pending'],
    ] as const;
    const answered = (status: number, state: State = 'booked') => {
      parties.hotel.answerNext(trip.id, state, [{ status, detail: 'as the test wants it' }]);
      return act.bookHotel(trip);
    };
    for (const [status, type] of types) await assert.rejects(answered(status), { type });
    await assert.rejects(answered(418), { name: 'Error' });
  });
});

describe('npm run example:trip', () => {
  it('tells its three trips on the stack that runs, and ends', async () => {
    const { address } = await service('temporal');
    const env = {
      ...process.env,
      TEMPORAL_ADDRESS: address,
      TRIP_TASK_QUEUE: `test-${randomBytes(6).toString('hex')}`,
    };
    const command = ['run', '--silent', 'example:trip'];
    const { stdout } = await promisify(execFile)('npm', command, { env });
    assert.match(stdout, /^1\. .*"booked"/m);
    assert.match(stdout, /^2\. .*"called off","reason":"no-room"/m);
    assert.match(stdout, /^ {3}book flight: its undo is parked \(the line is busy\)$/m);
    assert.match(stdout, /^ {3}Marked as done: .*"called off"/m);
  }).timeout(180_000);
});
