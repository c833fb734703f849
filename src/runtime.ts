/**
 * Temporal's runtime in this process: its log lines join ours, signals drain the workers, and its
 * metrics are where Prometheus asks for them, with what the parties outside have answered.
 */
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import type { LogLevel, RuntimeOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Tally } from './activities/observed.ts';

/** `metricsAddress` is a host and a port to listen at; without one there are no metrics. */
export function installRuntime(log: Logger, metricsAddress?: string): Runtime {
  const options: RuntimeOptions = {
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      log[levels[level]]({ ...meta }, message);
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) },
    },
    shutdownSignals: ['SIGTERM', 'SIGINT'],
  };
  if (metricsAddress === undefined) return Runtime.install(options);
  try {
    const metrics = { prometheus: { bindAddress: metricsAddress, ...NAMES } };
    const runtime = Runtime.install({
      ...options,
      telemetryOptions: { ...options.telemetryOptions, metrics },
    });
    log.info({ metricsAddress }, 'metrics are at /metrics');
    return runtime;
  } catch (error) {
    // Orders come first: that nobody can look is seen by Prometheus, whose target is down.
    log.error({ metricsAddress, err: error }, 'there are no metrics of this worker');
    return Runtime.install(options);
  }
}

// As Prometheus' own rules for names have it.
const NAMES = {
  countersTotalSuffix: true,
  unitSuffix: true,
  useSecondsForDurations: true,
  histogramBucketOverrides: {
    makegood_party_call_duration: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
};

/** Counts beside Temporal's own metrics; into nothing where there are none. */
export function createTally({ metricMeter }: Pick<Runtime, 'metricMeter'>): Tally {
  const durations = metricMeter.createHistogram(
    'makegood_party_call_duration',
    'float',
    'seconds',
    'How long the parties outside took to answer, by operation and outcome.',
  );
  const unknown = metricMeter.createCounter(
    'makegood_unknown_answers',
    undefined,
    'Answers of the parties outside that left open what has happened.',
  );
  const resolved = metricMeter.createCounter(
    'makegood_unknown_answers_resolved',
    undefined,
    'How unknown answers were resolved.',
  );
  return {
    called: (call, seconds) => durations.record(seconds, { ...call }),
    unknown: (call) => unknown.add(1, { ...call }),
    resolved: (call, how) => resolved.add(1, { ...call, how }),
  };
}

const levels = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<LogLevel, string>;
