/**
 * Idempotency keys as Stripe keeps them: the first answer is stored and repeated, other parameters
 * under the same key are refused, and so is a second request while the first still runs.
 */
import type { Json } from './model.ts';
import { keyInUse, keyReused } from './problems.ts';

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

interface Remembered {
  readonly path: string;
  readonly params: string;
  readonly since: number;
  answer?: Answer;
}

export interface Keys {
  /** Answers what is stored, or takes the key for a request that may now run; throws a problem. */
  claim(key: string, path: string, params: string): Answer | undefined;
  /** The request has run: every repeat gets this answer. */
  settle(key: string, answer: Answer): void;
  /** The request did not get as far as running: the key is free again. */
  release(key: string): void;
  /** Takes an answer back from the book. */
  restore(key: string, path: string, params: string, since: number, answer: Answer): void;
}

export function createKeys(retentionMs: number, now: () => number): Keys {
  // Insertion order is age, so the oldest come first when pruning.
  const remembered = new Map<string, Remembered>();

  function prune(): void {
    for (const [key, { since }] of remembered) {
      if (since + retentionMs > now()) return;
      remembered.delete(key);
    }
  }

  return {
    claim(key, path, params) {
      prune();
      const known = remembered.get(key);
      if (known === undefined) {
        remembered.set(key, { path, params, since: now() });
        return undefined;
      }
      if (known.path !== path) throw keyReused(key, 'endpoint');
      if (known.params !== params) throw keyReused(key, 'parameters');
      if (known.answer === undefined) throw keyInUse(key);
      return known.answer;
    },
    settle(key, answer) {
      const known = remembered.get(key);
      if (known !== undefined) known.answer = answer;
    },
    release(key) {
      remembered.delete(key);
    },
    restore(key, path, params, since, answer) {
      remembered.set(key, { path, params, since, answer });
    },
  };
}
