/**
 * Everything the launcher started, and the order in which it is let go: first what takes orders,
 * last what remembers them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running } from './processes.ts';
import { keepAlive } from './supervise.ts';
import type { Kept } from './supervise.ts';

const drainOrder = [
  ['API'],
  ['worker'],
  ['gateway', 'carrier', 'mail'],
  ['Temporal UI'],
  ['Temporal'],
  ['PostgreSQL'],
] as const;

export type Kind = (typeof drainOrder)[number][number];

/** Numbered where there are several of a kind. */
export type Member = Kind | `${Kind} ${number}`;

export interface Fleet {
  /** Starts a member and keeps it alive. */
  add<Child extends Running>(name: Member, start: () => Promise<Child>): Promise<Child>;
  /** Stops all members in order; a second call hurries the first. */
  drain(): Promise<void>;
}

export function createFleet(say: (line: string) => void): Fleet {
  const members = new Map<Member, Promise<Kept<Running>>>();
  let hurried = false;
  let draining: Promise<void> | undefined;

  const letGo = async (name: Member): Promise<void> => {
    const starting = members.get(name);
    if (starting === undefined) return;
    // One that is still starting is not waited for long: it stops when this process is gone.
    const kept = await Promise.race([starting.catch(() => undefined), sleep(startingMs)]);
    await kept?.stop(hurried ? 0 : undefined);
  };
  const drainAll = async (): Promise<void> => {
    for (const group of drainOrder) {
      const going = [...members.keys()].filter((name) => group.some((kind) => isOf(name, kind)));
      await Promise.all(going.map(letGo));
    }
  };

  return {
    async add(name, start) {
      const kept = keepAlive({ name, start, say });
      members.set(name, kept);
      return (await kept).child;
    },
    drain() {
      hurried = draining !== undefined;
      draining = drainAll();
      return draining;
    },
  };
}

function isOf(name: Member, kind: Kind): boolean {
  return name.replace(/ \d+$/, '') === kind;
}

// PostgreSQL, the slowest to be interrupted, makes a new cluster in about this time.
const startingMs = 2_000;
