/**
 * What the saga asks of the parties outside. Every activity may run twice, so each is about the
 * trip's own ID; and an undo may run although its step never did.
 */
import { pending, refusal, unavailable } from 'makegood/saga';
import type { Answer, Parties } from './parties.ts';

export interface Trip {
  readonly id: string;
}

export type Activities = ReturnType<typeof createActivities>;

export function createActivities({ airline, hotel, cars }: Parties) {
  return {
    bookFlight: async ({ id }: Trip) => settle(await airline.put(id, 'booked'), 'no-seat'),
    cancelFlight: async ({ id }: Trip) => settle(await airline.put(id, 'cancelled')),
    bookHotel: async ({ id }: Trip) => settle(await hotel.put(id, 'booked'), 'no-room'),
    cancelHotel: async ({ id }: Trip) => settle(await hotel.put(id, 'cancelled')),
    buyTicket: async ({ id }: Trip) => settle(await airline.put(id, 'sold'), 'card-declined'),
    rentCar: async ({ id }: Trip) => settle(await cars.put(id, 'booked'), 'no-car'),
  };
}

/** Sorts an answer: done, not yet, no, or not known. Anything else is a bug, theirs or ours. */
function settle({ status, detail }: Answer, refusalCode = 'refused'): string {
  if (status === 200) return detail;
  if (status === 202) throw pending(detail);
  if (status === 409 || status === 410) throw refusal(refusalCode, detail);
  if (status === 429 || status >= 500) throw unavailable(detail);
  throw new Error(`an answer that nobody expected: ${status} ${detail}`);
}
