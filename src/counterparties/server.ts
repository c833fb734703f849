/** What the stand-ins share over HTTP: listening on loopback, and the control endpoint. */
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { Readable } from 'node:stream';
import { Hono, type Context } from 'hono';
import { z } from 'zod';
import type { Book, EffectLine, RequestLine } from './book.ts';
import type { FaultPlan } from './plan.ts';

export interface HttpEnv {
  readonly Bindings: HttpBindings;
}

export interface StandIn {
  readonly url: string;
  close: () => Promise<void>;
}

/** On loopback unless told otherwise: a stand-in takes orders from anyone who can reach it. */
export const LOOPBACK = '127.0.0.1';

export async function listen(
  app: Hono<HttpEnv>,
  { port, host = LOOPBACK }: { readonly port: number; readonly host?: string | undefined },
): Promise<StandIn> {
  const server = createAdaptorServer({ fetch: app.fetch });
  if (!('closeAllConnections' in server)) throw new Error('Bug: expected an HTTP/1.1 server');
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: `http://${LOOPBACK}:${portOf(server)}`,
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

/** `/control/faults`, `/control/seed` and `/control/book`, the same on every stand-in. */
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
  app.put('/faults', (c) => accept(c, faults, (plan) => faults.replace(plan)));
  app.post('/faults', (c) => accept(c, faults, (plan) => faults.add(plan)));
  app.put('/seed', (c) => accept(c, faults, (plan) => faults.seed(plan)));
  app.get('/book', (c) => {
    c.header('Content-Type', 'application/json');
    return c.body(Readable.toWeb(Readable.from(book.dump())) as ReadableStream);
  });
  return app;
}

async function accept(
  c: Context<HttpEnv>,
  faults: Pick<FaultPlan<never>, 'report'>,
  take: (plan: unknown) => void,
): Promise<Response> {
  const plan: unknown = await c.req.json().catch(() => undefined);
  if (plan === undefined) return c.json({ error: 'The fault plan must be JSON.' }, 400);
  try {
    take(plan);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return c.json({ error: z.prettifyError(error) }, 400);
  }
  return c.json(faults.report());
}
