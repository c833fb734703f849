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

  const tell = (party: PartyName) => control(urls[party], 'PUT', 'faults', plans[party]);

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
      await control(urls[party], 'DELETE', 'faults');
    },
  };
}

// Loopback; one that takes longer is down or frozen.
const CONTROL_MS = 2_000;

/** Throws when the party is away, or finds no sense in it. */
export async function control(
  url: string,
  method: 'PUT' | 'DELETE',
  what: 'faults' | 'seed',
  plan?: unknown,
): Promise<void> {
  const response = await fetch(`${url}/control/${what}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(plan !== undefined && { body: JSON.stringify(plan) }),
    signal: AbortSignal.timeout(CONTROL_MS),
  });
  if (!response.ok) throw new Error(`${url}: no such fault: ${await response.text()}`);
}

export interface PartyReport {
  readonly hits: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly lostAnswers: number;
  /** What is late and has not come yet. */
  readonly underWay: number;
}

export async function reportOf(url: string): Promise<PartyReport> {
  const signal = AbortSignal.timeout(CONTROL_MS);
  return (await (await fetch(`${url}/control/faults`, { signal })).json()) as PartyReport;
}

/** How many of its events the gateway has not been able to tell of. */
export async function untoldBy(gatewayUrl: string): Promise<number> {
  const signal = AbortSignal.timeout(CONTROL_MS);
  const answer = await fetch(`${gatewayUrl}/control/webhooks`, { signal });
  return ((await answer.json()) as { readonly pending: number }).pending;
}

function without(plan: Record<string, Planned>, operation: string): Record<string, Planned> {
  return Object.fromEntries(Object.entries(plan).filter(([name]) => name !== operation));
}
