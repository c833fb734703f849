/**
 * Doors that know which secrets are good at the moment, in front of parties that would take any: the
 * gateway's, the mail server's, and the token issuer's published keys.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { SMTPServer } from 'smtp-server';

export interface Guard {
  readonly url: string;
  /** Both old and new, while a rotation is under way. */
  readonly good: Set<string>;
  /** How often each was used, and how often one was used that was not good. */
  readonly used: Map<string, number>;
  readonly refused: () => number;
  readonly close: () => Promise<void>;
}

/** Hands on what comes with a good key. */
export async function guardGateway(target: string): Promise<Guard> {
  const ledger = createLedger();
  const server = createServer((request, response) => {
    const key = (request.headers.authorization ?? '').replace('Bearer ', '');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (!ledger.admits(key)) {
        response.writeHead(401, { 'Content-Type': 'application/json' });
        response.end('{"error": {"type": "invalid_request_error", "message": "Expired API key"}}');
        return;
      }
      const { method = 'GET', url = '/', headers } = request;
      const kept = ['authorization', 'content-type', 'idempotency-key', 'stripe-version'];
      const sent = kept.flatMap((name) => (headers[name] ? [[name, String(headers[name])]] : []));
      const body = Buffer.concat(chunks);
      fetch(`${target}${url}`, {
        method,
        headers: Object.fromEntries(sent) as Record<string, string>,
        ...(body.length > 0 && { body: body.toString() }),
      }).then(
        async (answer) => {
          const type = answer.headers.get('content-type') ?? 'application/json';
          response.writeHead(answer.status, { 'Content-Type': type });
          response.end(await answer.text());
        },
        () => response.destroy(),
      );
    });
  });
  const port = await listen(server);
  return { ...ledger.guard, url: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}

/** A mail server with a password; `sent` has the Message-IDs that it took. */
export async function startMailServer(): Promise<Guard & { readonly sent: Set<string> }> {
  const ledger = createLedger();
  const sent = new Set<string>();
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    logger: false,
    onAuth({ username, password }, _session, done) {
      if (ledger.admits(password ?? '')) done(null, { user: username });
      else done(new Error('535 the password has expired'));
    },
    onData(stream, _session, done) {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        sent.add(/^message-id: *(\S+)/im.exec(text)?.[1] ?? text);
        done();
      });
    },
  });
  server.on('error', () => undefined);
  const port = await listen(server.server);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  return { ...ledger.guard, url: `127.0.0.1:${port}`, sent, close };
}

export interface Issuer {
  readonly url: string;
  readonly publish: (kid: string) => Promise<void>;
  readonly withdraw: (kid: string) => void;
  readonly sign: (kid: string, tenant: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'makegood';

export async function startIssuer(): Promise<Issuer> {
  const pairs = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>();
  const published = new Map<string, object>();
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ keys: [...published.values()] }));
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/jwks`,
    async publish(kid) {
      const pair = await generateKeyPair('ES256');
      pairs.set(kid, pair);
      published.set(kid, { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256' });
    },
    withdraw: (kid) => void published.delete(kid),
    async sign(kid, tenant) {
      const pair = pairs.get(kid);
      if (pair === undefined) throw new Error(`the issuer has no key ${kid}`);
      return await new SignJWT({ tenant, scope: 'orders:read orders:write' })
        .setProtectedHeader({ alg: 'ES256', kid })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setExpirationTime('10m')
        .sign(pair.privateKey);
    },
    close: () => closeServer(server),
  };
}

function createLedger() {
  const good = new Set<string>();
  const used = new Map<string, number>();
  let refused = 0;
  return {
    admits(secret: string): boolean {
      used.set(secret, (used.get(secret) ?? 0) + 1);
      if (good.has(secret)) return true;
      refused += 1;
      return false;
    },
    guard: { good, used, refused: () => refused },
  };
}

async function listen(server: Server | NetServer): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
}
