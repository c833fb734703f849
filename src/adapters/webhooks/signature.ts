/** Signs as Standard Webhooks says: HMAC-SHA256 over ID, time and body, one signature per secret. */
import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

export function signatureHeaders(
  { id, body, secrets }: { id: string; body: string; secrets: readonly string[] },
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = Math.floor(now / 1_000).toString();
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map((secret) => `v1,${sign(secret, signed)}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

function sign(secret: string, signed: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return createHmac('sha256', key).update(signed).digest('base64');
}
