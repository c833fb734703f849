/** A listener that ends well: `close` stops taking requests and resolves when all are answered. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';

export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

// Slow senders must not hold connections: headers within 10 s, the whole request within 30 s.
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

// Longer than the 60 s of common load balancers, so that they, and not we, close an idle connection.
const KEEP_ALIVE_MS = 65_000;

export async function listen(options: {
  readonly app: { readonly fetch: Parameters<typeof getRequestListener>[0] };
  readonly hostname: string;
  readonly port: number;
}): Promise<Listening> {
  const { app, hostname, port } = options;
  const answer = getRequestListener(app.fetch, { hostname });
  const timeouts = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const server = createServer(timeouts, (request, response) => void answer(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, resolve);
  });
  const address = server.address() as AddressInfo;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${host}:${address.port}`, close: () => close(server) };
}

// Waits have been ended before, so what is left is a query or a slow sender. What is not answered
// by then is cut, and its client tries again with the same key.
const DRAIN_MS = 2_500;

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection is idle only once its answer is out, so this is asked again until none is left.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
