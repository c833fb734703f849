/**
 * What the stand-ins share over HTTP: listening on loopback, the control endpoint, and the two
 * ways a connection misbehaves that no HTTP framework offers.
 */
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { Readable } from 'node:stream';
import { Hono, type Context } from 'hono';
import { z } from 'zod';
import type { Book, EffectLine, RequestLine } from './book.ts';
import type { Fault, FaultPlan } from './faults.ts';

export interface HttpEnv {
  readonly Bindings: HttpBindings;
}

export interface StandIn {
  readonly url: string;
  close: () => Promise<void>;
}

/** Listens on loopback only: a stand-in takes orders from anyone who can reach it. */
export async function listen(app: Hono<HttpEnv>, port: number): Promise<StandIn> {
  const server = createAdaptorServer({ fetch: app.fetch });
  if (!('closeAllConnections' in server)) throw new Error('Bug: expected an HTTP/1.1 server');
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export function portOf(server: Pick<Server, 'address'>): number {
  return (server.address() as AddressInfo).port;
}

/** `/control/faults` and `/control/book`, the same on every stand-in. */
export function controlRoutes<Operation extends string>(
  faults: FaultPlan<Operation>,
  book: Pick<Book<EffectLine, RequestLine>, 'dump'>,
): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get('/faults', (c) => c.json(faults.report()));
  app.delete('/faults', (c) => {
    faults.clear();
    return c.body(null, 204);
  });
  app.put('/faults', async (c) => {
    const plan: unknown = await c.req.json().catch(() => undefined);
    if (plan === undefined) return c.json({ error: 'The fault plan must be JSON.' }, 400);
    try {
      faults.replace(plan);
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      return c.json({ error: z.prettifyError(error) }, 400);
    }
    return c.json(faults.report());
  });
  app.get('/book', (c) => {
    c.header('Content-Type', 'application/json');
    return c.body(Readable.toWeb(Readable.from(book.dump())) as ReadableStream);
  });
  return app;
}

/** What a fault of the connection makes of a request; without one it is simply executed. */
export async function meetFault(
  c: Context<HttpEnv>,
  fault: Fault | null,
  bookUnexecuted: () => Promise<void>,
  execute: () => Promise<Response>,
): Promise<Response> {
  if (fault === 'fail-before' || fault === 'hang' || fault === 'reject') {
    await bookUnexecuted();
    if (fault === 'reject') return c.json(REJECTED, 400);
    return fault === 'hang' ? waitForClientToLeave(c) : breakConnection(c);
  }
  const answer = await execute();
  return fault === 'fail-after-effect' ? breakConnection(c) : answer;
}

/** As Stripe words it; a carrier's client reads the status only. */
const REJECTED = {
  error: { type: 'invalid_request_error', message: 'The fault plan rejects this request.' },
};

function breakConnection(c: Context<HttpEnv>): Response {
  c.env.incoming.socket.destroy();
  return c.body(null);
}

async function waitForClientToLeave(c: Context<HttpEnv>): Promise<Response> {
  const { socket } = c.env.incoming;
  if (!socket.destroyed) await once(socket, 'close');
  return c.body(null);
}
