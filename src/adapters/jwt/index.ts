/**
 * Who a JSON Web Token speaks for: one that the configured issuer signed for us with a key of its
 * published set. What a token says of keys or addresses itself (jwk, jku, x5u) is not looked at.
 */
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Credentials, Principal } from '../../api/ports.ts';
import { Unavailable } from '../../domain/wrong.ts';

export interface TokenOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** How soon the set may be asked for again when a token names a key that is not in it. */
  readonly cooldownMs?: number;
  /** How long the set is believed: a key that is gone from it opens nothing after that. */
  readonly believedMs?: number;
}

export function createTokens(options: TokenOptions): Credentials {
  const { issuer, audience, jwksUrl, cooldownMs = 30_000, believedMs = 300_000 } = options;
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    cooldownDuration: cooldownMs,
    cacheMaxAge: believedMs,
    timeoutDuration: PATIENCE_MS,
  });
  const rules = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    clockTolerance: CLOCKS_DIFFER_SECONDS,
    requiredClaims: ['exp'],
  };
  return {
    async authenticate(token) {
      try {
        const { payload } = await jwtVerify(token, keys, rules);
        return principalOf(payload);
      } catch (error) {
        if (isAboutTheToken(error)) return undefined;
        throw new Unavailable('the key set of the token issuer', { cause: error });
      }
    },
  };
}

/** An API key has no dot. */
export function keysOrTokens(keys: Credentials, tokens: Credentials): Credentials {
  return {
    authenticate: (credential) =>
      (credential.includes('.') ? tokens : keys).authenticate(credential),
  };
}

// Signatures by a key pair only: whoever can check a token must not be able to make one.
const ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'PS256', 'RS256'];

// What well-kept clocks are apart at most, and then some.
const CLOCKS_DIFFER_SECONDS = 30;

// A login waits for it, at the first token and after a key was rotated.
const PATIENCE_MS = 3_000;

const claims = z.object({
  tenant: z
    .string()
    .regex(/^ten_\w{1,60}$/)
    .optional(),
  sub: z.string().trim().min(1).max(200).optional(),
  // RFC 8693: words with spaces between.
  scope: z.string().default(''),
});

const OPERATIONS = 'operations';

function principalOf(payload: unknown): Principal | undefined {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) return undefined;
  const { tenant, sub, scope } = parsed.data;
  const scopes = scope.split(' ').filter(Boolean);
  if (tenant !== undefined) {
    // Whoever is a tenant's client is no operator, whatever scopes the token has beside.
    return { tenantId: tenant, scopes: scopes.filter((one) => one !== OPERATIONS) };
  }
  if (sub === undefined || !scopes.includes(OPERATIONS)) return undefined;
  return { tenantId: '', operator: sub, scopes: [OPERATIONS] };
}

/** Anything else is about the set of keys: it did not come, or was none. */
function isAboutTheToken(error: unknown): boolean {
  return ABOUT_THE_TOKEN.some((kind) => error instanceof kind);
}

const ABOUT_THE_TOKEN = [
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];
