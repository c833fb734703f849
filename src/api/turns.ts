/**
 * Equal requests take turns within a process: one asks PostgreSQL, the others wait for it here. Else
 * fifty clicks on one button would hold every connection while the first of them waits for a lock.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Claim } from './ports.ts';

// As long as PostgreSQL lets an equal request of another process wait for its lock.
const PATIENCE_MS = 2_000;

interface Busy {
  readonly state: 'busy';
}

type InTurn = <Answer extends { readonly state: string }>(
  claim: Claim,
  ask: () => Promise<Answer>,
) => Promise<Answer | Busy>;

export function createTurns(patienceMs = PATIENCE_MS): InTurn {
  const underWay = new Map<string, Promise<{ readonly state: string }>>();
  return async function inTurn({ tenantId, route, keyHash }, ask) {
    const name = [tenantId, route, keyHash.toString('hex')].join(' ');
    const first = underWay.get(name);
    if (first === undefined) {
      const asked = ask().finally(() => underWay.delete(name));
      underWay.set(name, asked);
      return await asked;
    }
    // Each asks for itself once the first is answered: the claim is there by then, or free again. What
    // the first could not find out, the others would not either: they fail with it.
    return (await isBusy(first, patienceMs)) ? { state: 'busy' } : await ask();
  };
}

async function isBusy(
  first: Promise<{ readonly state: string }>,
  patienceMs: number,
): Promise<boolean> {
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const late = sleep(patienceMs, { state: 'busy' }, { signal });
  try {
    return (await Promise.race([first, late])).state === 'busy';
  } finally {
    // Nobody listens to it any more.
    late.catch(() => undefined);
    giveUp.abort();
  }
}
