/** A port whose every call goes over a wire, on behalf of whoever uses it at that moment. */
import type { Process } from './temporal/worker.ts';
import type { Wire } from './wire.ts';

// As long as a connection to PostgreSQL, or a report to Temporal, is waited for.
export const CALL_MS = 5_000;

export interface User {
  readonly wire: Wire;
  readonly process: Process;
  /** The order, or the refund, that it works for. */
  readonly about: string;
}

export function wired<Port extends object>(
  port: Port | (() => Port),
  party: string,
  user: () => User,
): Port {
  const target = () => (typeof port === 'function' ? port() : port);
  return new Proxy({} as Port, {
    get:
      (_, name: string) =>
      (...args: unknown[]) => {
        const { wire, process, about } = user();
        const real = target();
        const timeoutMs = timeoutOf(args.at(-1)) ?? CALL_MS;
        return wire.carry({ process, party, name, about, timeoutMs }, () => {
          const act = Reflect.get(real, name) as (...args: unknown[]) => Promise<unknown>;
          return act(...args);
        });
      },
  });
}

function timeoutOf(last: unknown): number | undefined {
  if (typeof last !== 'object' || last === null || !('timeoutMs' in last)) return undefined;
  return last.timeoutMs as number;
}
