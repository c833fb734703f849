/** The parties outside in memory, and with the books all that the activities need of the world. */
import type { Deps } from '../../../src/activities/ports.ts';
import type { MemoryBooks } from './books.ts';
import { createMemoryCarrier } from './carrier.ts';
import type { MemoryCarrier } from './carrier.ts';
import { createMemoryGateway } from './gateway.ts';
import type { GatewayOptions, MemoryGateway } from './gateway.ts';
import { createMemoryMailer } from './mailer.ts';
import type { MemoryMailer } from './mailer.ts';

export interface MemoryParties {
  readonly gateway: MemoryGateway;
  readonly carrier: MemoryCarrier;
  readonly mailer: MemoryMailer;
}

export function createMemoryParties(options: GatewayOptions): MemoryParties {
  return {
    gateway: createMemoryGateway(options),
    carrier: createMemoryCarrier(options),
    mailer: createMemoryMailer(options),
  };
}

/** Whoever wants faults puts them around each of these ports. */
export function depsOf({ book }: Pick<MemoryBooks, 'book'>, parties: MemoryParties): Deps {
  return { book, ...parties, timeLeftMs: () => ATTEMPT_MS };
}

// As long as an attempt in production; nothing here waits for it.
const ATTEMPT_MS = 10_000;
