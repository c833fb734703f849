/** A tenant's own server, to which webhooks are sent: it writes down all it gets, and answers as told. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

export interface Received {
  readonly id: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The bytes as they came. */
  readonly body: string;
}

/** What is answered to it; one that ends no response hangs. */
export type Answer = (received: Received, response: ServerResponse) => void;

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  readonly connections: () => number;
  answer(how: Answer | number): void;
  /** The IDs of what it got, in order. */
  ids(): string[];
  close(): Promise<void>;
}

/** On a free port unless one is named. */
export async function startReceiver(first: Answer | number = 204, onPort = 0): Promise<Receiver> {
  const received: Received[] = [];
  let connections = 0;
  let how: Answer = withStatus(first);
  const server = createServer((request, response) => {
    void text(request).then(
      (body) => {
        const { headers, url: path = '' } = request;
        const one = { id: String(headers['webhook-id']), path, headers, body };
        received.push(one);
        how(one, response);
      },
      // A sender that was killed says no more.
      () => undefined,
    );
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(onPort, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hooks`,
    port,
    received,
    connections: () => connections,
    answer: (next) => void (how = withStatus(next)),
    ids: () => received.map(({ id }) => id),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function withStatus(how: Answer | number): Answer {
  return typeof how === 'number' ? (_, response) => response.writeHead(how).end() : how;
}

/** What the library that receivers use says of it: throws unless a signature is of that secret. */
export function verified(secret: string, { body, headers }: Received): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}
