/**
 * Stand-ins for the parties outside: an airline, a hotel and a car rental. Each answers like HTTP and
 * keeps a book by reference. A repeat changes nothing, and what was cancelled stays so, also where
 * the cancellation came first: a booking that arrives late finds it and is refused.
 */
export class Party {
  /** Every change, in order: `trip-1 booked`. */
  readonly book: string[] = [];
  readonly #states = new Map<string, State>();
  readonly #troubles = new Map<string, Answer[]>();

  /** Makes what stands under the reference `booked`, `sold` or `cancelled`. */
  put(reference: string, state: State): Promise<Answer> {
    const trouble = this.#troubles.get(`${reference} ${state}`)?.shift();
    return Promise.resolve(trouble ?? this.write(reference, state));
  }

  /** What stands in its book from now on, whatever it answers to calls. */
  write(reference: string, state: State): Answer {
    const standing = this.#states.get(reference);
    if (standing === 'cancelled' && state !== standing) return { status: 410, detail: 'cancelled' };
    if (standing !== state) {
      this.#states.set(reference, state);
      this.book.push(`${reference} ${state}`);
    }
    return { status: 200, detail: `${reference} ${state}` };
  }

  /** The next answers to that call; nothing is written then. */
  answerNext(reference: string, state: State, answers: readonly Answer[]): void {
    this.#troubles.set(`${reference} ${state}`, [...answers]);
  }
}

export type State = 'booked' | 'sold' | 'cancelled';

export interface Answer {
  readonly status: number;
  readonly detail: string;
}

export interface Parties {
  readonly airline: Party;
  readonly hotel: Party;
  readonly cars: Party;
}

export function createParties(): Parties {
  return { airline: new Party(), hotel: new Party(), cars: new Party() };
}
