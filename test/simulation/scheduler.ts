/**
 * Virtual time. What is to happen lies in one queue; of all that is due at the same moment the lot
 * decides what happens first, and where nothing is due time jumps. One thing happens at a time, to
 * its end: whatever promises it settles have run dry before the next thing begins.
 */
import { Random } from './random.ts';

export interface Scheduler {
  readonly random: Random;
  /** Milliseconds since the world began. */
  readonly now: () => number;
  /** Runs it later; the answer calls it off. */
  readonly after: (ms: number, act: () => unknown) => () => void;
  /** The same for whoever only looks around, and would do so for ever. */
  readonly idleAfter: (ms: number, act: () => unknown) => void;
  /** Whether anything is to happen but looking around. */
  readonly isBusy: () => boolean;
  readonly sleep: (ms: number) => Promise<void>;
  /** Runs what there is, in its order, for as long as `goesOn` says so and there is anything. */
  readonly run: (goesOn: () => boolean) => Promise<void>;
}

interface Entry {
  readonly due: number;
  readonly lot: number;
  readonly isIdle: boolean;
  act: (() => unknown) | undefined;
}

export function createScheduler(seed: number): Scheduler {
  const random = new Random(seed);
  const queue = new Queue();
  let now = 0;
  let busy = 0;
  const after = (ms: number, act: () => unknown) => {
    const entry: Entry = { due: now + ms, lot: random.next(), isIdle: false, act };
    queue.add(entry);
    busy += 1;
    return () => {
      if (entry.act !== undefined) busy -= 1;
      entry.act = undefined;
    };
  };
  return {
    random,
    now: () => now,
    after,
    idleAfter: (ms, act) => queue.add({ due: now + ms, lot: random.next(), isIdle: true, act }),
    isBusy: () => busy > 0,
    sleep: (ms) => new Promise((wake) => after(ms, wake)),
    async run(goesOn) {
      for (let entry = queue.next(); entry !== undefined; entry = queue.next()) {
        if (entry.act === undefined) continue;
        if (!goesOn()) {
          queue.add(entry);
          return;
        }
        now = entry.due;
        const { act } = entry;
        entry.act = undefined;
        if (!entry.isIdle) busy -= 1;
        await act();
        await settled();
      }
    },
  };
}

/**
 * Resolves once no promise has anything left to do: Node runs its next tick only then, and that
 * costs a hundredth of a timer.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** A binary heap: what is due first, and of that what the lot puts first. */
class Queue {
  readonly #heap: Entry[] = [];

  add(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  next(): Entry | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (isBefore(heap[child + 1], heap[child])) child += 1;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Entry | undefined, other: Entry | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.due < other.due || (one.due === other.due && one.lot < other.lot);
}
