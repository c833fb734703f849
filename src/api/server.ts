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
const PATIENCE = { headersMs: 10_000, requestMs: 30_000 };

// Node looks for slow senders each half minute by itself: four times as long as headers may take.
const CHECK_MS = 1_000;

// Node's own limit, kept whatever --max-http-header-size says: credential, key and a cookie fit.
const MAX_HEADER_BYTES = 16 * 1024;

// Longer than the 60 s of common load balancers, so that they, and not we, close an idle connection.
const KEEP_ALIVE_MS = 65_000;

export async function listen(options: {
  readonly app: { readonly fetch: Parameters<typeof getRequestListener>[0] };
  readonly hostname: string;
  readonly port: number;
  /** How long headers, and the request as a whole, may take. */
  readonly patience?: { readonly headersMs: number; readonly requestMs: number };
}): Promise<Listening> {
  const { app, hostname, port } = options;
  const { headersMs, requestMs } = options.patience ?? PATIENCE;
  const answer = getRequestListener(app.fetch, { hostname });
  const limits = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(CHECK_MS, headersMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const server = createServer(limits, (request, response) => void answer(request, response));
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
