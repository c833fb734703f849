/**
 * API keys, `mg_{env}_{id}_{secret}{checksum}`. The environment is there for people, the ID for the
 * index, and the checksum lets a mistyped or truncated key be refused, and a leaked one be found by
 * a scanner, without asking the database. Only the secret's SHA-256 is kept: a secret of this
 * length needs no slow hash, because it cannot be guessed.
 */
import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

export type KeyEnvironment = 'dev' | 'live';

export interface ApiKey {
  readonly id: string;
  /** Shown once, to whoever asked for it. */
  readonly key: string;
  readonly secretHash: Buffer;
}

export function makeApiKey(environment: KeyEnvironment): ApiKey {
  const id = randomText(idLength);
  const secret = randomText(secretLength);
  const body = `mg_${environment}_${id}_${secret}`;
  return { id, key: body + checksumOf(body), secretHash: hashOf(secret) };
}

/** Undefined for anything that `makeApiKey` cannot have made. */
export function parseApiKey(
  text: string,
):
  | { readonly id: string; readonly secretHash: Buffer; readonly environment: KeyEnvironment }
  | undefined {
  const [, body, environment, id, secret, checksum] = shape.exec(text) ?? [];
  if (body === undefined || id === undefined || secret === undefined) return undefined;
  return checksumOf(body) === checksum
    ? { id, secretHash: hashOf(secret), environment: environment as KeyEnvironment }
    : undefined;
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

// 71 bits: no two of even a billion keys meet.
const idLength = 12;

// 178 bits of 62 letters, above the 128 that make guessing hopeless.
const secretLength = 30;

// What a CRC-32 needs at most in 62 letters.
const checksumLength = 6;

const letters = '[0-9A-Za-z]';
const shape = new RegExp(
  `^(mg_(dev|live)_(${letters}{${idLength}})_(${letters}{${secretLength}}))` +
    `(${letters}{${checksumLength}})$`,
);

function randomText(length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function checksumOf(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let index = 0; index < checksumLength; index += 1) {
    text = alphabet.charAt(rest % alphabet.length) + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}
