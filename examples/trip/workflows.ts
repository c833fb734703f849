/**
 * A trip: a flight and a hotel, then the ticket, then a car. Until the ticket is bought everything
 * can be given back; after it the trip takes place, with a car or without.
 */
import { participants, runSaga } from 'makegood/saga';
import type { Budgets, Saga } from 'makegood/saga';
import type { Activities, Trip } from './activities.ts';

export interface TripInput {
  readonly trip: Trip;
  readonly budgets?: Partial<Budgets>;
}

export type TripResult =
  | { readonly status: 'booked'; readonly car: string | null }
  | { readonly status: 'called off'; readonly reason: string };

/** The Temporal workflow: the saga below on its real participants. */
export function bookTrip({ trip, budgets }: TripInput): Promise<TripResult> {
  const act = participants<Activities>(budgets);
  return runSaga<TripResult>((saga) => tripSaga(saga, act, trip), {
    close: (reason) => Promise.resolve({ status: 'called off', reason }),
  });
}

export async function tripSaga(saga: Saga, act: Activities, trip: Trip): Promise<TripResult> {
  await saga.step('book flight', {
    run: () => act.bookFlight(trip),
    compensate: () => act.cancelFlight(trip),
  });
  await saga.step('book hotel', {
    run: () => act.bookHotel(trip),
    compensate: () => act.cancelHotel(trip),
  });

  const committed = await saga.pivot('buy ticket', () => act.buyTicket(trip));

  const car = await committed.step('rent car', () => act.rentCar(trip), { refusals: ['no-car'] });
  return { status: 'booked', car: typeof car === 'string' ? car : null };
}
