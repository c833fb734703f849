/**
 * Reservations of one SKU wait for each other: each holds the row of its stock until its commit is
 * on disk. Those of a hot SKU that wait in this process are therefore made together, in the order in
 * which they came, by one transaction; every order still has a reservation and a barrier row of its
 * own, and is answered by itself. A process that dies in the middle has made all of them or none.
 */
import type pg from 'pg';
import type { Recorded } from '../../activities/ports.ts';
import type { OrderId } from '../../domain/order.ts';
import { Unavailable } from '../../domain/wrong.ts';
import { call } from './pool.ts';
import { recorded, recordStep } from './step-answers.ts';
import type { Answer } from './step-answers.ts';

/** `lane` names what is wanted, for orders that want nothing else; without one an order goes alone. */
export type Reserve = (id: OrderId, lane?: string) => Promise<Recorded>;

export function createReservations(pool: pg.Pool): Reserve {
  const alone = (id: OrderId) => recordStep(pool, 'reserve_stock', id);

  const make = async (waiting: readonly Waiting[]): Promise<void> => {
    const answers = await together(pool, waiting);
    await Promise.all(
      waiting.map(async ({ id, resolve, reject }) => {
        const answer = answers instanceof Unavailable ? answers : answers[id];
        if (answer instanceof Unavailable) reject(answer);
        else if (answer !== undefined) resolve(recorded('reserve_stock', answer));
        else await alone(id).then(resolve, reject);
      }),
    );
  };

  /** Those who wait, by lane; there while one batch of the lane is under way, and no longer. */
  const lanes = new Map<string, Waiting[]>();
  const drive = async (lane: string, waiting: Waiting[]): Promise<void> => {
    while (waiting.length > 0) await make(waiting.splice(0, MOST_TOGETHER));
    lanes.delete(lane);
  };

  return (id, lane) => {
    if (lane === undefined) return alone(id);
    return new Promise((resolve, reject) => {
      const one = { id, resolve, reject };
      const waiting = lanes.get(lane);
      if (waiting !== undefined) return void waiting.push(one);
      const first = [one];
      lanes.set(lane, first);
      void drive(lane, first);
    });
  };
}

// Some 30 ms of PostgreSQL's time, which is how long the last of them waits for the first.
const MOST_TOGETHER = 100;

interface Waiting {
  readonly id: OrderId;
  readonly resolve: (recorded: Recorded) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The answers of one transaction, by order; none about an order that was recorded before or is not
 * like the first. A bug may be that of one order, so after one each is asked about alone.
 */
async function together(
  pool: pg.Pool,
  waiting: readonly Waiting[],
): Promise<Readonly<Record<string, Answer>> | Unavailable> {
  if (waiting.length === 1) return {};
  // Two attempts of one order may wait at the same time.
  const ids = [...new Set(waiting.map(({ id }) => id))];
  try {
    return await call<Record<string, Answer>>(pool, 'reserve_stock_in_turn', ids);
  } catch (error) {
    return error instanceof Unavailable ? error : {};
  }
}
