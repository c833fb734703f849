/**
 * What this process tells Prometheus, on the operations listener. Labels come from small fixed sets:
 * routes are patterns, and no ID, tenant or anything personal is among them.
 */
import { prometheus } from '@hono/prometheus';
import type { Context, Env, Hono, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { Counter, Gauge, Registry } from 'prom-client';
import type { AdmissionState } from './admission.ts';
import type { BusinessMetrics } from './business-metrics.ts';
import type { ApiEnv } from './env.ts';
import type { GatewayWebhookDeps } from './gateway-webhooks.ts';
import type { LoopActs } from './loop.ts';
import { Problem } from './problems.ts';

export interface ApiMetrics {
  /** Stands around all that answers requests. */
  readonly measured: MiddlewareHandler<ApiEnv>;
  readonly did: LoopActs;
  /** Of an event of the gateway. */
  readonly counted: NonNullable<GatewayWebhookDeps['counted']>;
  render(): Promise<string>;
}

export interface MetricsOptions {
  readonly pools: Readonly<Record<string, PoolState>>;
  readonly inFlight: () => number;
  readonly openStreams: () => number;
  readonly admission: () => AdmissionState;
  readonly books: BusinessMetrics;
}

/** As pg's pool tells. */
interface PoolState {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

export function createMetrics({ pools, books, ...now }: MetricsOptions): ApiMetrics {
  const registry = new Registry();
  const { registerMetrics } = prometheus({
    registry,
    // Under the names that all dashboards for Node know.
    collectDefaultMetrics: { prefix: '' },
    prefix: 'makegood_',
    metricOptions: {
      requestsTotal: { disabled: true },
      requestDuration: { customLabels: { method: methodOf, route: routeOf, waits: waitsOf } },
    },
  });
  const refused = new Counter({
    name: 'makegood_http_requests_refused_total',
    help: 'Requests that were answered 429 or 503, by problem and what there was too much of.',
    labelNames: ['problem', 'limit'],
    registers: [registry],
  });
  const acts = new Counter({
    name: 'makegood_loop_acts_total',
    help: 'What starter, watcher, retrier, archiver, messenger and hearer have done in this process.',
    labelNames: ['loop', 'act'],
    registers: [registry],
  });
  const events = new Counter({
    name: 'makegood_gateway_events_total',
    help: 'Events that the gateway has sent, by type and whether they were new.',
    labelNames: ['type', 'how'],
    registers: [registry],
  });
  addState(registry, pools, now);
  return {
    measured: async (c, next) => {
      await registerMetrics(c, next);
      if (c.res.status === 429 || c.res.status === 503) refused.inc(whyRefused(c.error));
    },
    counted: (type, how) => events.inc({ type: EVENT_TYPES.test(type) ? type : 'other', how }),
    did: (loop, act, count = 1) => acts.inc({ loop, act }, count),
    async render() {
      const told = await books.render();
      const up = `# HELP ${UP} Whether PostgreSQL has told the numbers of the books.\n# TYPE ${UP} gauge`;
      const parts = [await registry.metrics(), `${up}\n${UP} ${told === undefined ? 0 : 1}\n`];
      return [...parts, told ?? ''].join('\n');
    },
  };
}

/** For whoever can reach the listener: without credential, as health is. */
export function addMetrics<E extends Env>(app: Hono<E>, { render }: Pick<ApiMetrics, 'render'>) {
  app.get('/metrics', async (c) =>
    c.body(await render(), 200, {
      'Content-Type': Registry.PROMETHEUS_CONTENT_TYPE,
      'Cache-Control': 'no-store',
    }),
  );
}

function whyRefused(error: unknown): { problem: string; limit: string } {
  if (!(error instanceof Problem)) return { problem: 'temporarily-unavailable', limit: '' };
  const { code, options } = error as Problem;
  return { problem: code, limit: options.limit ?? '' };
}

const UP = 'makegood_database_up';

// What an account may send beside these is as much as Stripe has types.
const EVENT_TYPES = /^(payment_intent|refund|charge\.dispute)\.\w+$/;

// What is routed here, and what common clients and probes ask with; Node knows thirty more.
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

function methodOf({ req }: Context): string {
  return METHODS.includes(req.method) ? req.method : 'other';
}

/** The pattern of the handler that stands behind all middlewares; where there is none, `/*`. */
function routeOf(c: Context): string {
  return routePath(c, -1);
}

/** Whoever asked to wait is answered late on purpose. */
function waitsOf({ req }: Context): string {
  return String(req.query('wait') !== undefined || /\bwait\b/.test(req.header('prefer') ?? ''));
}

function addState(
  registry: Registry,
  pools: MetricsOptions['pools'],
  { inFlight, openStreams, admission }: Omit<MetricsOptions, 'pools' | 'books'>,
): void {
  const gauge = (
    name: string,
    help: string,
    read: (set: Gauge) => void,
    labelNames: string[] = [],
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        read(this);
      },
    });
  gauge('makegood_http_requests_in_flight', 'Requests that are not answered yet.', (set) =>
    set.set(inFlight()),
  );
  gauge('makegood_event_streams_open', 'Streams of events that are open.', (set) =>
    set.set(openStreams()),
  );
  gauge(
    'makegood_admission_waiting',
    'Accepted orders that no worker has begun, as this process saw last.',
    (set) => set.set(admission().waiting),
  );
  gauge(
    'makegood_admission_limit',
    'How many may wait before this process refuses new ones.',
    (set) => set.set(admission().limit),
  );
  gauge(
    'makegood_admission_per_second',
    'How many orders workers begin in a second when there are enough, as far as is known.',
    (set) => set.set(admission().perSecond),
  );
  gauge(
    'makegood_pool_connections',
    'Connections to PostgreSQL, by pool and whether they are in use.',
    (set) => {
      for (const [pool, { totalCount, idleCount }] of Object.entries(pools)) {
        set.set({ pool, state: 'idle' }, idleCount);
        set.set({ pool, state: 'in use' }, totalCount - idleCount);
      }
    },
    ['pool', 'state'],
  );
  gauge(
    'makegood_pool_waiting',
    'Queries that wait for a connection, by pool.',
    (set) => {
      for (const [pool, { waitingCount }] of Object.entries(pools)) set.set({ pool }, waitingCount);
    },
    ['pool'],
  );
}
