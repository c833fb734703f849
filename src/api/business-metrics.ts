/**
 * The part of the metrics that the books know: the same at every API process, so whoever reads them
 * takes one process's word (`max`), not the sum. Asked for when somebody looks, but not more often than
 * PostgreSQL can well bear; while it does not answer there are no numbers rather than old ones.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { BusinessNumbers, Counted } from './operator-ports.ts';

export interface BusinessMetricsOptions {
  readonly numbers: () => Promise<BusinessNumbers>;
  readonly log: Pick<Logger, 'warn'>;
  readonly atMostEveryMs?: number;
}

export interface BusinessMetrics {
  /** In Prometheus' text format; undefined while PostgreSQL does not answer. */
  render(): Promise<string | undefined>;
}

// Each scraper of each process asks by itself, and none needs to know sooner.
const AT_MOST_EVERY_MS = 5_000;

// However much there is to count, one connection does so for at most a twentieth of the time.
const TIMES_AS_LONG = 20;

export function createBusinessMetrics(options: BusinessMetricsOptions): BusinessMetrics {
  const { numbers, log, atMostEveryMs = AT_MOST_EVERY_MS } = options;
  let asked: Promise<string | undefined> | undefined;
  let notBefore = 0;
  const ask = async (): Promise<string | undefined> => {
    const began = performance.now();
    try {
      return await inText(await numbers());
    } catch (error) {
      log.warn({ err: error }, 'there are no numbers of the books');
      return undefined;
    } finally {
      const now = performance.now();
      notBefore = now + Math.max(atMostEveryMs, TIMES_AS_LONG * (now - began));
    }
  };
  return {
    render() {
      if (asked === undefined || performance.now() >= notBefore) {
        notBefore = Infinity;
        asked = ask();
      }
      return asked;
    },
  };
}

/** Into a registry of its own each time, so that nothing stays of what is not there any more. */
async function inText(numbers: BusinessNumbers): Promise<string> {
  const registry = new Registry();
  addCounters(registry, numbers.counted);
  addOrders(registry, numbers);
  addTroubles(registry, numbers);
  addGateway(registry, numbers);
  addMails(registry, numbers);
  return await registry.metrics();
}

type Labels = Readonly<Record<string, string>>;
type Value = readonly [labels: Labels, value: number];

function addCounters(registry: Registry, counted: readonly Counted[]): void {
  const of = (kind: Counted['kind'], labels: (one: Counted) => Labels | undefined): Value[] =>
    counted.flatMap((one): Value[] => {
      const named = one.kind === kind ? labels(one) : undefined;
      return named === undefined ? [] : [[named, one.count]];
    });
  const counter = (name: string, help: string, labelNames: string[], values: Value[]) => {
    const made = new Counter({ name, help, labelNames, registers: [registry] });
    for (const [labels, value] of values) made.inc(labels, value);
  };

  counter(
    'makegood_orders_accepted_total',
    'Orders that were placed.',
    [],
    [[{}, 0], ...of('event', ({ what }) => (what === 'order.accepted' ? {} : undefined))],
  );
  counter(
    'makegood_orders_ended_total',
    'Orders that have ended, by status and reason; one that is refunded later ends twice.',
    ['status', 'reason'],
    of('event', ({ what, how }) => {
      const status = ENDINGS[what];
      return status === undefined ? undefined : { status, reason: how };
    }),
  );
  counter(
    'makegood_refunds_total',
    'Refunds that were requested, have succeeded and have failed.',
    ['state'],
    of('event', ({ what }) => {
      const [, state] = /^refund\.(\w+)$/.exec(what) ?? [];
      return state === undefined ? undefined : { state };
    }),
  );
  counter(
    'makegood_steps_undone_total',
    'Undos that are recorded, also those that found nothing to undo.',
    ['step'],
    of('undone', ({ what }) => ({ step: what })),
  );
  counter(
    'makegood_steps_parked_total',
    'Steps and undos that began to wait for an operator.',
    ['step', 'direction'],
    of('parked', ({ what, how }) => ({ step: what, direction: how })),
  );
  counter(
    'makegood_operator_acts_total',
    'What operators have done, by act and, where it is about one, by step.',
    ['action', 'step'],
    of('act', ({ what, how }) => ({ action: what, step: how })),
  );
  counter(
    'makegood_mails_sent_total',
    'Mails of the outbox that a mail server has taken.',
    ['kind'],
    of('mailed', ({ what }) => ({ kind: what })),
  );
}

const ENDINGS: Readonly<Record<string, string>> = {
  'order.completed': 'completed',
  'order.rejected': 'rejected',
  'order.cancelled': 'cancelled',
  'order.refunded': 'refunded',
};

function gauge(
  registry: Registry,
  about: { readonly name: string; readonly help: string; readonly labelNames?: string[] },
  values: readonly Value[],
): void {
  const made = new Gauge({ ...about, registers: [registry] });
  for (const [labels, value] of values) made.set(labels, value);
}

function addOrders(registry: Registry, numbers: BusinessNumbers): void {
  const { unfinished, oldestUnstartedSeconds } = numbers;
  gauge(
    registry,
    {
      name: 'makegood_orders_unfinished',
      help: 'Orders that have not ended, by status and whether they wait for an operator.',
      labelNames: ['status', 'needs_operator'],
    },
    unfinished.map(({ status, needsOperator, count }) => [
      { status, needs_operator: String(needsOperator) },
      count,
    ]),
  );
  gauge(
    registry,
    {
      name: 'makegood_oldest_unfinished_order_seconds',
      help: 'Age of the oldest order that has not ended; 0 where all have.',
      labelNames: ['needs_operator'],
    },
    [true, false].map((waits) => {
      const ages = unfinished.filter(({ needsOperator }) => needsOperator === waits);
      const oldest = Math.max(0, ...ages.map(({ oldestSeconds }) => oldestSeconds));
      return [{ needs_operator: String(waits) }, oldest];
    }),
  );
  gauge(
    registry,
    {
      name: 'makegood_oldest_unstarted_order_seconds',
      help: 'Age of the oldest order that no run is known of; 0 where there is none.',
    },
    [[{}, oldestUnstartedSeconds ?? 0]],
  );
}

function addTroubles(registry: Registry, { parked, blocked, atRisk }: BusinessNumbers): void {
  gauge(
    registry,
    {
      name: 'makegood_steps_parked',
      help: 'Steps and undos that wait for an operator now.',
      labelNames: ['step', 'direction'],
    },
    parked.map(({ step, direction, count }) => [{ step, direction }, count]),
  );
  gauge(
    registry,
    {
      name: 'makegood_orders_blocked',
      help: 'Orders whose run cannot go on, by status.',
      labelNames: ['status'],
    },
    blocked.map(({ status, count }) => [{ status }, count]),
  );
  gauge(
    registry,
    {
      name: 'makegood_money_at_risk_minor_units',
      help: 'What the gateway holds or has taken of orders that wait for an operator.',
      labelNames: ['currency'],
    },
    atRisk.map(({ currency, value }) => [{ currency }, Number(value)]),
  );
}

function addGateway(registry: Registry, { capturesHalted, differences }: BusinessNumbers): void {
  gauge(
    registry,
    {
      name: 'makegood_reconciliation_differences',
      help: "Differences between our book and the gateway's that nobody has accounted for.",
      labelNames: ['kind', 'state'],
    },
    differences.map(({ kind, state, count }) => [{ kind, state }, count]),
  );
  const name = 'makegood_captures_halted';
  gauge(registry, { name, help: 'Whether no order gets past its capture.' }, [
    [{}, capturesHalted ? 1 : 0],
  ]);
}

function addMails(registry: Registry, numbers: BusinessNumbers): void {
  const { unsentMails, oldestUnsentMailSeconds } = numbers;
  const name = 'makegood_mails_unsent';
  gauge(registry, { name, help: 'Mails of the outbox that are not sent yet.' }, [
    [{}, unsentMails],
  ]);
  gauge(
    registry,
    {
      name: 'makegood_oldest_unsent_mail_seconds',
      help: 'Age of the oldest mail that is not sent yet; 0 where all are.',
    },
    [[{}, oldestUnsentMailSeconds ?? 0]],
  );
}
