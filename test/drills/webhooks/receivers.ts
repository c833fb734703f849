/**
 * Tenants' servers that misbehave at random, each in its own way, and write down all they get. What
 * comes of a seed is the same each time as far as the network lets it.
 */
import { startReceiver } from '../../support/receiver.ts';
import type { Answer, Received, Receiver } from '../../support/receiver.ts';

type Fault = 'error' | 'busy' | 'elsewhere' | 'lost' | 'slow' | 'hang';

/** What happens to one request of a hundred, each with its share; to the rest nothing. */
type Shares = Readonly<Partial<Record<Fault, number>>>;

export const RECEIVERS: Readonly<Record<string, Shares>> = {
  steady: {},
  failing: { error: 10, elsewhere: 5 },
  busy: { busy: 2 },
  lossy: { lost: 15 },
  hanging: { hang: 1, lost: 2 },
};

export async function startBadReceiver(
  bad: Shares,
  random: () => number,
  {
    port,
    seen = () => undefined,
  }: {
    readonly port?: number;
    /** Told of each request before it is answered. */
    readonly seen?: (received: Received, fault: Fault | 'none') => void;
  } = {},
): Promise<Receiver> {
  const shares = Object.entries(bad) as [Fault, number][];
  const answer: Answer = (received, response) => {
    let place = random() * 100;
    const fault = shares.find(([, share]) => (place -= share) < 0)?.[0] ?? 'none';
    seen(received, fault);
    ANSWERS[fault](received, response);
  };
  return await startReceiver(answer, port);
}

// Within what a sender waits for, and so long that others have to wait for it.
const SLOW_MS = 700;

const ANSWERS: Readonly<Record<Fault | 'none', Answer>> = {
  none: (_, response) => response.writeHead(204).end(),
  error: (_, response) => response.writeHead(500).end('not today'),
  busy: (_, response) => response.writeHead(429, { 'retry-after': '1' }).end(),
  elsewhere: ({ path }, response) => response.writeHead(307, { location: path }).end(),
  lost: (_, response) => response.socket?.destroy(),
  slow: (_, response) => setTimeout(() => response.writeHead(204).end(), SLOW_MS),
  hang: () => undefined,
};
