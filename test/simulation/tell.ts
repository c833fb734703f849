/**
 * Tells a story to its end: the orders are placed, what is to go wrong goes wrong, then everything
 * heals and everybody has a quarter of an hour. The verdict is what the books of the parties say.
 */
import { isEnded } from '../../src/domain/order.ts';
import { perform } from './acts.ts';
import { createClients } from './clients.ts';
import type { Clients } from './clients.ts';
import { createCustomers } from './customers.ts';
import { auditEnd, auditStep } from './invariants.ts';
import { createKeepers } from './keepers.ts';
import type { Keepers } from './keepers.ts';
import type { OrderRow, RefundRow } from './memory/rows.ts';
import { lateMoney } from './reconciler.ts';
import type { Act, OrderPlan, Story } from './story.ts';
import type { Happened } from './wire.ts';
import { createWebhooks } from './webhooks.ts';
import type { Naive, Webhooks } from './webhooks.ts';
import { createWorld } from './world.ts';
import type { Watching, World } from './world.ts';

export interface Verdict {
  /** Empty when all is well. */
  readonly violations: readonly string[];
  readonly sagas: number;
  readonly calls: number;
  /** How often each fault and each act really happened. */
  readonly hits: ReadonlyMap<string, number>;
  /** What became of the gateway's events. */
  readonly told: ReadonlyMap<string, number>;
  readonly world: World;
}

export interface Telling extends Pick<Watching, 'hands'> {
  readonly onCall?: (happened: Happened) => void;
  readonly onAct?: (act: Act, at: number) => void;
  readonly naive?: Naive;
}

// From the last trouble to the end of every order, or its place in the operators' queue.
const HEALED_MS = 15 * 60_000;
// How often somebody looks whether all is over.
const LOOK_MS = 2_000;
// Of a run that waits for a shipment (src/activities/capture-later.ts).
const LONGEST_SLEEP_MS = 6 * 3_600_000;
// Longer than anything that a story holds up, or does late, may take.
const ECHO_MS = 120_000;

export async function tell(story: Story, telling: Telling = {}): Promise<Verdict> {
  const hits = new Map<string, number>();
  const count = (what: string) => hits.set(what, (hits.get(what) ?? 0) + 1);
  const acts = new Map<number, Act[]>();
  for (const act of story.acts) acts.set(act.call, [...(acts.get(act.call) ?? []), act]);

  const world: World = createWorld(story, {
    ...telling,
    onEffect(_, about) {
      auditStep(world, about);
      webhooks?.readOn();
      customers.readOn();
    },
    onCall(happened) {
      telling.onCall?.(happened);
      if (happened.fault !== undefined) count(happened.fault);
      for (const act of acts.get(happened.number) ?? []) {
        world.scheduler.after(0, () => {
          telling.onAct?.(act, happened.at);
          count(act.kind);
          perform(world, clients, act);
        });
      }
    },
  });
  const clients = createClients(world);
  const webhooks = story.tells === true ? createWebhooks(world, telling.naive) : undefined;
  const customers = createCustomers(world);
  const keepers = createKeepers(world, webhooks);
  return await withVirtualClock(world, async () => {
    story.orders.forEach((wanted, plan) => placeInTime(world, clients, wanted, plan));
    await runToTheEnd(world, clients, keepers, webhooks);
    auditEnd(world, clients.journal, keepers.byHand);
    const { orders, refunds } = world.books.tables;
    const sagas = [...orders.values()].length + [...refunds.values()].length;
    const told = webhooks?.tally ?? new Map<string, number>();
    return { violations: world.violations, sagas, calls: world.wire.calls(), hits, told, world };
  });
}

/** One that follows another is placed when that one has ended. */
function placeInTime(
  world: World,
  clients: Clients,
  { copies, follows }: OrderPlan,
  plan: number,
): void {
  const { scheduler, books } = world;
  const hasEnded = ({ status, metadata }: OrderRow) =>
    isEnded(status) && metadata['plan'] === String(follows);
  const isTime = () =>
    follows === undefined || [...books.tables.orders.values()].some((row) => hasEnded(row));
  const place = () => {
    if (isTime()) clients.place(plan, copies);
    else scheduler.after(LOOK_MS, place);
  };
  scheduler.after(scheduler.random.below(200), place);
}

/** The activities ask what time it is. */
async function withVirtualClock<T>({ clock }: World, work: () => Promise<T>): Promise<T> {
  const { now } = Date;
  Date.now = clock;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}

async function runToTheEnd(
  world: World,
  clients: Clients,
  keepers: Keepers,
  webhooks: Webhooks | undefined,
): Promise<void> {
  const { scheduler, troubled, violations } = world;
  const { now } = scheduler;
  let isOver = false;
  let restlessAt = 0;
  /** Over is what has ended, with nothing under way that could change it any more. */
  const look = () => {
    const open = [...unfinished(world), ...(webhooks?.unhandled() ?? [])];
    const isCalm = clients.journal.open === 0 && open.length === 0;
    if (isCalm) isOver = !scheduler.isBusy() || now() > restlessAt + ECHO_MS;
    else restlessAt = now();
    if (!isCalm && now() > troubled.at + HEALED_MS + sleepOf(world)) {
      violations.push(...open.map((what) => `O1: long after the last trouble, ${what}`));
    }
    if (!isOver && violations.length === 0) scheduler.idleAfter(LOOK_MS, look);
  };
  scheduler.idleAfter(LOOK_MS, look);
  await scheduler.run(() => !isOver && violations.length === 0);
  keepers.close();
}

/**
 * A worker that was held up for longer than its task may bring an order that is captured at shipment to
 * its end all alone; the run, asleep until the next shipment, learns of it when it looks by itself.
 */
function sleepOf({ books, server }: World): number {
  const isAsleep = ({ id, status, capturePolicy }: OrderRow) =>
    capturePolicy === 'at-shipment' && isEnded(status) && server.latest(id)?.state === 'running';
  return [...books.tables.orders.values()].some(isAsleep) ? LONGEST_SLEEP_MS : 0;
}

/** What has not ended, unless the story has made that impossible. */
function unfinished(world: World): string[] {
  const { orders, refunds, mails } = world.books.tables;
  const waiting = new Set([...orders.values()].flatMap((row) => hopeless(world, row)));
  return [
    ...[...orders.values()]
      .filter(({ id }) => !waiting.has(id))
      .flatMap((row) => openOrder(world, row)),
    ...[...refunds.values()]
      .filter(({ id }) => !waiting.has(id))
      .flatMap((row) => openRefund(world, row)),
    ...lateMoney(world),
    ...[...mails.values()].flatMap(({ id, sentAt }) =>
      sentAt === null ? [`${id} is unsent`] : [],
    ),
  ];
}

/**
 * What only an operator can end, in a story that has none who would: a refund that the bank never
 * pays out.
 */
const HOPELESS: Readonly<
  Record<string, { readonly step: string; readonly ends: readonly string[] }>
> = {
  pm_card_refundFail: { step: 'refund payment', ends: ['mark-done', 'skip'] },
};

function hopeless({ books, story }: World, { id, paymentMethod }: OrderRow): string[] {
  const hope = HOPELESS[paymentMethod];
  if (hope === undefined || hope.ends.includes(story.operator)) return [];
  const parked = books.tables.parked.of(id).filter(({ step }) => step === hope.step);
  return parked.map(({ sagaId }) => sagaId);
}

function openOrder({ server }: World, { id, status, runStartedAt }: OrderRow): string[] {
  const run = server.latest(id)?.state ?? 'missing';
  const isOpen = !isEnded(status) || run === 'running' || runStartedAt === null;
  return isOpen ? [`${id} is ${status}, its run ${run}`] : [];
}

function openRefund({ server }: World, { id, state, requestId }: RefundRow): string[] {
  if (requestId === null) return [];
  const run = server.latest(id)?.state ?? 'missing';
  const isOpen = state === 'requested' || run === 'running';
  return isOpen ? [`${id} is ${state}, its run ${run}`] : [];
}
