/**
 * The door of a program that has none of its own: `POST /{order ID}` over HTTP, answered 200 with
 * the ID once the order has ended well, as a shop's web server would. It tells a parent when it
 * listens, and never outlives it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export function serve(
  handle: (id: string) => Promise<void>,
  close: () => Promise<void> = () => Promise.resolve(),
): void {
  const server = createServer((request, response) => {
    request.resume();
    const id = (request.url ?? '').slice(1);
    handle(id).then(
      () => response.end(id),
      (error: unknown) => {
        console.error(error);
        response.writeHead(500).end(String(error));
      },
    );
  });
  // The load generator keeps its connections between two loads.
  server.keepAliveTimeout = 60_000;
  const port = Number(process.env['BENCH_PORT'] ?? 0);
  server.listen(port, '127.0.0.1', () => {
    const { port: found } = server.address() as AddressInfo;
    process.send?.({ ready: true, url: `http://127.0.0.1:${found}` });
  });
  const stop = () => {
    server.closeAllConnections();
    void close().finally(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
}
