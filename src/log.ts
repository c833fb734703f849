/**
 * Logs are JSON on stdout, one line each, with coordinates (IDs, route, step, status) and without
 * personal data: an error shows its name, words and stack, never the row or the request behind it.
 */
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

export interface LoggerOptions {
  readonly level: string;
  /** The process that speaks: `api`, `worker`. */
  readonly name: string;
  /** Standard output by default. */
  readonly destination?: DestinationStream;
}

export function createLogger({ level, name, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

// A driver's error carries the failing row in fields of its own; only these four are let through.
function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack } = error;
  return { name, message, stack, ...('code' in error && { code: error.code }) };
}
