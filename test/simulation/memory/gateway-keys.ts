/** The gateway's key memory: what the first request under a key came to, for as long as it is kept. */
import type { GatewayRefund, Intent } from '../../../src/activities/ports.ts';
import type { Refusal } from '../../../src/domain/wrong.ts';

export type Made =
  | { readonly kind: 'intent'; readonly intent: Intent }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }
  | { readonly kind: 'change'; readonly done: boolean }
  | { readonly kind: 'refund'; readonly refund: GatewayRefund }
  | { readonly kind: 'no-refund'; readonly left: bigint }
  | { readonly kind: 'unknown' };

export interface KeyMemory {
  /** What the first request made; undefined for a key that is new, or forgotten. Throws a bug. */
  find: (key: string, path: string, params: string) => Made | undefined;
  remember: (key: string, path: string, params: string, made: Made) => void;
}

export function createKeyMemory(now: () => number, retentionMs: number): KeyMemory {
  // Insertion order is age, so the oldest come first when they are forgotten.
  const known = new Map<string, { path: string; params: string; since: number; made: Made }>();
  const forget = () => {
    for (const [key, { since }] of known) {
      if (since + retentionMs > now()) return;
      known.delete(key);
    }
  };
  return {
    find(key, path, params) {
      forget();
      const first = known.get(key);
      if (first === undefined) return undefined;
      if (first.path !== path || first.params !== params) {
        throw new Error(`Stripe: 400 idempotency_error: the key ${key} stands for another request`);
      }
      return first.made;
    },
    remember(key, path, params, made) {
      known.set(key, { path, params, since: now(), made });
    },
  };
}
