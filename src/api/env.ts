/** What the middlewares leave on a request for the handlers behind them, and for the log line. */
import type { HttpBindings } from '@hono/node-server';
import type { Logger } from 'pino';
import type { Principal } from './ports.ts';

/** What the RateLimit headers tell. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

export interface ApiEnv {
  /** Absent where the app is called without a server, as tests do. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** Speaks with the request's ID. */
    log: Logger;
    /** Set by the guard, before any handler that has a scope. */
    principal: Principal;
    /** What is left to the tenant; set as soon as it is known who asks. */
    quota?: Quota;
    /** The parsed body, as the client sent it. */
    body: unknown;
    /** Unquoted; unset when the header is missing or not valid. */
    idempotencyKey?: string;
    /** For the log line. */
    orderId?: string;
  };
}
