/** What a visitor can break for the next order, as fault plans of the stand-ins. */
import type { Fault } from '../../counterparties/faults.ts';

interface Plan {
  readonly party: 'gateway' | 'carrier';
  /** By operation: so many requests meet that fault. */
  readonly faults: Readonly<Record<string, { readonly fault: Fault; readonly times: number }>>;
}

const TROUBLES = {
  declined: { party: 'gateway', faults: { confirm: { fault: 'decline', times: 1 } } },
  'lost-answer': {
    party: 'gateway',
    faults: {
      confirm: { fault: 'fail-after-effect', times: 1 },
      capture: { fault: 'fail-after-effect', times: 1 },
    },
  },
  // Some seconds: time to cancel, and not so long that nobody stays to see the end.
  hangs: { party: 'gateway', faults: { confirm: { fault: 'hang', times: 2 } } },
  // 500 would be remembered with the key, and 503 is what a gateway says that comes back.
  down: { party: 'gateway', faults: { confirm: { fault: 'unavailable', times: 3 } } },
  'address-refused': { party: 'carrier', faults: { request: { fault: 'decline', times: 1 } } },
  'carrier-down': { party: 'carrier', faults: { request: { fault: 'unavailable', times: 4 } } },
} as const satisfies Readonly<Record<string, Plan>>;

export type Trouble = keyof typeof TROUBLES;

export function isTrouble(name: string | undefined): name is Trouble {
  return name !== undefined && Object.hasOwn(TROUBLES, name);
}

/** Breaks a party for the order that this request is about to place, and for nobody else. */
export type Breaker = (trouble: Trouble, requestId: string) => Promise<void>;

export function createBreaker(
  standIns: Readonly<Partial<Record<'gateway' | 'carrier', string>>>,
): Breaker {
  const broken = new Set<string>();
  return async (trouble, requestId) => {
    const { party, faults }: Plan = TROUBLES[trouble];
    const url = standIns[party];
    // An order that is sent again is the same order: it has its trouble already.
    if (url === undefined || broken.has(requestId)) return;
    broken.add(requestId);
    const plan = Object.entries(faults).map(([operation, fault]) => [
      operation,
      { ...fault, requestId },
    ]);
    const answer = await fetch(`${url}/control/faults`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(plan)),
    });
    if (!answer.ok) throw new Error(`bug: no such plan: ${await answer.text()}`);
  };
}
