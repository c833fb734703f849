/** Waits for an order by asking again and again, with questions that the API takes its time over. */
import { isDecided, isEnded } from '../domain/order.ts';
import type { OrderStatus } from '../domain/order.ts';
import type { Clock } from './clock.ts';
import type { Order } from './types.ts';

export interface WaitOptions {
  /** `decided`: paid, rejected or cancelled. `ended`, if not given: nothing is left to do. */
  readonly until?: 'decided' | 'ended';
  readonly signal?: AbortSignal | undefined;
  /** Five minutes, if not given. */
  readonly timeoutMs?: number;
}

/** The time is up. The order goes on; wait again, or be told by its events. */
export class StillWaitingError extends Error {
  override readonly name = 'StillWaitingError';
  /** As it was last seen. */
  readonly order: Order;
  constructor(order: Order) {
    super(`${order.id} is still ${order.status}`);
    this.order = order;
  }
}

const UNTIL: Readonly<Record<'decided' | 'ended', (status: OrderStatus) => boolean>> = {
  decided: isDecided,
  ended: isEnded,
};

// Below the 30 s that the API waits at most, so that a proxy's limit of 30 s is not met.
const LONGEST_WAIT_SECONDS = 25;

// The API's answer waits for the end. A decision that comes before it is seen so much later at most.
const DECISION_WAIT_SECONDS = 2;

// An answer that comes at once, as from an API that is going down, must not make a busy loop.
const LONGEST_PAUSE_MS = 250;

const DEFAULT_TIMEOUT_MS = 300_000;

export async function waitFor(
  get: (waitSeconds: number) => Promise<Order>,
  clock: Clock,
  { until = 'ended', signal, timeoutMs = DEFAULT_TIMEOUT_MS }: WaitOptions,
): Promise<Order> {
  const longest = until === 'ended' ? LONGEST_WAIT_SECONDS : DECISION_WAIT_SECONDS;
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    const leftMs = Math.max(0, deadline - clock.now());
    const order = await get(Math.min(longest, Math.ceil(leftMs / 1_000)));
    if (UNTIL[until](order.status)) return order;
    if (clock.now() >= deadline) throw new StillWaitingError(order);
    await clock.sleep(clock.random() * LONGEST_PAUSE_MS, signal);
  }
}
