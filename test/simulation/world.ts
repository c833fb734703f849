/**
 * The world of one story: the real engine, sagas and activities, on ports in memory whose every call
 * goes over a wire, with workers and API processes that may die at any of them.
 */
import type { Activities } from '../../src/activities/index.ts';
import type { CaptureWindow } from '../../src/activities/shipment-ports.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import type { RefundFacts } from '../../src/domain/refund.ts';
import { participants } from '../../src/saga/index.ts';
import { runCheckout } from '../../src/workflows/checkout.ts';
import { runRefund } from '../../src/workflows/refund.ts';
import { Fleet, PlainProcess } from './fleet.ts';
import { Hands } from './hands.ts';
import { createMemoryBooks } from './memory/books.ts';
import type { MemoryBooks } from './memory/books.ts';
import { createMemoryCarrier } from './memory/carrier.ts';
import type { MemoryCarrier } from './memory/carrier.ts';
import { createMemoryGateway } from './memory/gateway.ts';
import type { MemoryGateway } from './memory/gateway.ts';
import { createMemoryMailer } from './memory/mailer.ts';
import type { MemoryMailer } from './memory/mailer.ts';
import { createScheduler } from './scheduler.ts';
import type { Scheduler } from './scheduler.ts';
import { DISCOUNT_MINOR, SKUS, VOUCHER } from './story.ts';
import type { Story } from './story.ts';
import { Server } from './temporal/server.ts';
import type { Workflow } from './temporal/run.ts';
import { Worker } from './temporal/worker.ts';
import type { Process } from './temporal/worker.ts';
import { createWire } from './wire.ts';
import { CALL_MS, wired } from './wired.ts';
import type { Happened, Wire } from './wire.ts';

const HANDS = new Hands();

// Any moment would do.
const EPOCH = Date.UTC(2026, 0, 1);

// Of the time that money is held.
const MARGIN = 0.2;

export interface World {
  readonly story: Story;
  readonly scheduler: Scheduler;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly wire: Wire;
  readonly books: MemoryBooks;
  readonly gateway: MemoryGateway;
  readonly carrier: MemoryCarrier;
  readonly mailer: MemoryMailer;
  readonly window: CaptureWindow;
  readonly server: Server;
  readonly workers: Fleet<Worker>;
  readonly apis: Fleet<PlainProcess>;
  /** Whose command line may be ended as well. */
  readonly operators: Fleet<PlainProcess>;
  /** A port as one process sees it. */
  readonly seenBy: <Port extends object>(
    process: Process,
    party: string,
    about: string,
    port: Port,
  ) => Port;
  readonly startCheckout: (process: Process, order: OrderFacts) => Promise<void>;
  readonly startRefund: (process: Process, refund: RefundFacts) => Promise<void>;
  /** What must not be, as soon as it is. */
  readonly violations: string[];
  /** When something went wrong last. */
  readonly troubled: { at: number };
}

export interface Watching {
  readonly onCall?: (happened: Happened) => void;
  readonly onEffect?: (world: World, about: string) => void;
  /** With a mistake in their activities, for a test. */
  readonly hands?: Hands;
}

export function createWorld(story: Story, watching: Watching = {}): World {
  const scheduler = createScheduler(story.seed);
  const clock = () => EPOCH + scheduler.now();
  const books = createMemoryBooks({ now: clock });
  for (const sku of SKUS) books.stock(sku, story.stock);
  books.voucher(VOUCHER, story.voucherUses, DISCOUNT_MINOR);
  if (story.shipsAfterSeconds !== undefined) books.captureAtShipment();
  const windowMs = story.authorizationSeconds * 1_000;
  const window = { windowMs, marginMs: windowMs * MARGIN };
  const gateway = createMemoryGateway({
    now: clock,
    keyRetentionMs: story.keyRetentionSeconds * 1_000,
    authorizationMs: story.authorizationSeconds * 1_000,
  });
  const carrier = createMemoryCarrier({ now: clock });
  const mailer = createMemoryMailer({ now: clock });
  const violations: string[] = [];
  const troubled = { at: 0 };
  const faults = new Map(story.faults.map((fault) => [fault.call, fault]));
  const inTrouble = (seconds: number) => {
    troubled.at = Math.max(troubled.at, scheduler.now() + seconds * 1_000);
  };

  const wire = createWire({
    scheduler,
    faultAt: (number) => faults.get(number),
    kill(process, seconds) {
      for (const fleet of [workers, apis, operators]) fleet.kill(process, seconds);
    },
    stop(process, seconds) {
      for (const fleet of [workers, apis, operators]) fleet.stop(process, seconds);
    },
    onCall(happened) {
      if (happened.fault !== undefined) inTrouble(60);
      watching.onCall?.(happened);
    },
    onEffect: ({ about }) => watching.onEffect?.(world, about),
  });
  const seenBy: World['seenBy'] = (process, party, about, port) =>
    wired(port, party, () => ({ wire, process, about }));

  const hands = watching.hands ?? HANDS;
  const workers: Fleet<Worker> = new Fleet(
    scheduler,
    2,
    () =>
      new Worker('worker', {
        scheduler,
        server: () => server,
        bug: (words) => void violations.push(words),
        say: (process, run, what, effect) => {
          const party = what.startsWith('finish') ? 'self' : 'temporal';
          return wire.carry(
            { process, party, name: what, about: run.id, timeoutMs: CALL_MS },
            effect,
          );
        },
        act: (process, run, call) => hands.act(world, process, run.id, call),
      }),
    () => server.takeUntaken(),
  );
  const server: Server = new Server(scheduler, workers);
  const apis = new Fleet(
    scheduler,
    2,
    () => new PlainProcess('api', scheduler.now),
    () => undefined,
  );

  const operators = new Fleet(
    scheduler,
    1,
    () => new PlainProcess('operator', scheduler.now),
    () => undefined,
  );

  const start = (process: Process, id: string, workflow: Workflow) =>
    wire.carry({ process, party: 'temporal', name: 'start', about: id, timeoutMs: 2_000 }, () =>
      server.start(id, workflow),
    );
  const world: World = {
    ...{
      story,
      scheduler,
      clock,
      wire,
      books,
      gateway,
      carrier,
      mailer,
      server,
      workers,
      apis,
      operators,
    },
    ...{ seenBy, violations, troubled, window },
    startCheckout: (process, order) => start(process, order.id, checkout(order)),
    startRefund: (process, refund) => start(process, refund.id, refundOf(refund)),
  };
  return world;
}

function checkout(order: OrderFacts): Workflow {
  return (instance) =>
    runCheckout(participants<Activities>(undefined, instance), order, {}, instance);
}

function refundOf(refund: RefundFacts): Workflow {
  return (instance) =>
    runRefund(participants<Activities>(undefined, instance), refund, {}, instance);
}
