/**
 * The parties' fault plans, merged: each act sets its own operation's and takes it away again. A
 * party that is down, or was started again, has forgotten them, which is no more than a fault less.
 */
import type { PartyAct, PartyName } from './acts.ts';

interface Planned {
  readonly fault: string;
  readonly times: number;
}

export function createPartyFaults(urls: Readonly<Record<PartyName, string>>) {
  const plans: Record<PartyName, Record<string, Planned>> = { gateway: {}, carrier: {}, mail: {} };

  const tell = async (party: PartyName): Promise<void> => {
    const response = await fetch(`${urls[party]}/control/faults`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(plans[party]),
      signal: AbortSignal.timeout(CONTROL_MS),
    });
    if (!response.ok) throw new Error(`${party}: no such fault: ${await response.text()}`);
  };

  return {
    async during(act: PartyAct, pause: () => Promise<void>): Promise<void> {
      const { target, operation, fault, times } = act;
      plans[target][operation] = { fault, times };
      try {
        await tell(target);
        await pause();
      } finally {
        plans[target] = without(plans[target], operation);
        await tell(target).catch(() => undefined);
      }
    },
    async clear(party: PartyName): Promise<void> {
      plans[party] = {};
      await tell(party);
    },
  };
}

// Loopback; one that takes longer is down or frozen.
const CONTROL_MS = 2_000;

function without(plan: Record<string, Planned>, operation: string): Record<string, Planned> {
  return Object.fromEntries(Object.entries(plan).filter(([name]) => name !== operation));
}
