/**
 * The one source of chance in a simulated world: splitmix32. The same seed draws the same lots, on
 * every machine, so a failure can be told by its number.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  }

  /** From 0 to limit - 1. */
  below(limit: number): number {
    return this.next() % limit;
  }

  pick<T>(all: readonly T[]): T {
    const picked = all[this.below(all.length)];
    if (picked === undefined) throw new Error('there is nothing to pick from');
    return picked;
  }
}
