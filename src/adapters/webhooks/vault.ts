/**
 * Keeps the secrets of webhooks sealed in the books (AES-256-GCM), so that a dump of PostgreSQL signs
 * nothing. The first key seals, all of them open: a new one is put in front, the old one goes when
 * nothing is sealed with it any more. A seal holds for the endpoint that it was made for alone.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

export interface Vault {
  readonly seal: (secret: string, endpointId: string) => Buffer;
  /** Undefined where the key is not there, or the seal is another endpoint's. */
  readonly open: (sealed: Buffer, endpointId: string) => string | undefined;
}

const CIPHER = 'aes-256-gcm';
const NAME_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function createVault(keys: readonly Buffer[]): Vault {
  const [first] = keys;
  if (first === undefined) throw new Error('bug: a vault without a key');
  const byName = new Map(keys.map((key) => [nameOf(key).toString('hex'), key]));
  return {
    seal(secret, endpointId) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, first, nonce);
      cipher.setAAD(Buffer.from(endpointId));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([nameOf(first), nonce, cipher.getAuthTag(), text]);
    },
    open(sealed, endpointId) {
      const key = byName.get(sealed.subarray(0, NAME_BYTES).toString('hex'));
      return key && openWith(key, sealed.subarray(NAME_BYTES), endpointId);
    },
  };
}

/** So that the right key is known without trying each. */
function nameOf(key: Buffer): Buffer {
  return createHash('sha256').update(key).digest().subarray(0, NAME_BYTES);
}

function openWith(key: Buffer, sealed: Buffer, endpointId: string): string | undefined {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  try {
    const cipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(endpointId));
    cipher.setAuthTag(tag);
    const text = cipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, cipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
