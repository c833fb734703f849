/**
 * Tenants' servers that misbehave at random, each in its own way, and write down all they get. What
 * comes of a seed is the same each time as far as the network lets it.
 */
import { startReceiver } from '../../support/receiver.ts';
import type { Answer, Receiver } from '../../support/receiver.ts';

type Fault = 'error' | 'busy' | 'elsewhere' | 'lost' | 'hang';

/** What happens to one request of a hundred, each with its share; to the rest nothing. */
const KINDS: Readonly<Record<string, Partial<Record<Fault, number>>>> = {
  steady: {},
  failing: { error: 10, elsewhere: 5 },
  busy: { busy: 2 },
  lossy: { lost: 15 },
  hanging: { hang: 1, lost: 2 },
};

export const RECEIVER_KINDS = Object.keys(KINDS);

export async function startBadReceiver(kind: string, random: () => number): Promise<Receiver> {
  const shares = Object.entries(KINDS[kind] ?? {}) as [Fault, number][];
  return await startReceiver((received, response) => {
    let place = random() * 100;
    const fault = shares.find(([, share]) => (place -= share) < 0)?.[0];
    ANSWERS[fault ?? 'none'](received, response);
  });
}

const ANSWERS: Readonly<Record<Fault | 'none', Answer>> = {
  none: (_, response) => response.writeHead(204).end(),
  error: (_, response) => response.writeHead(500).end('not today'),
  busy: (_, response) => response.writeHead(429, { 'retry-after': '1' }).end(),
  elsewhere: ({ path }, response) => response.writeHead(307, { location: path }).end(),
  lost: (_, response) => response.socket?.destroy(),
  hang: () => undefined,
};
