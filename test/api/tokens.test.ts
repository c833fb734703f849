import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import type { JWK, JWTPayload } from 'jose';
import { createTokens, keysOrTokens } from '../../src/adapters/jwt/index.ts';
import type { TokenOptions } from '../../src/adapters/jwt/index.ts';
import { createCredentials } from '../../src/adapters/postgres/credentials.ts';
import { createApp } from '../../src/api/app.ts';
import { createHarness, getOf, heldToContract, orderIn, postOf } from './harness.ts';
import type { Harness, ProblemBody } from './harness.ts';

const ISSUER = 'https://login.example';
const AUDIENCE = 'makegood';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

describe('A token', () => {
  let api: Harness;
  let server: Server;
  let jwksUrl: string;
  /** What the issuer publishes; undefined while it is down. */
  let published: JWK[] | undefined;
  let asked: string[] = [];
  let pair: Pair;
  let app: Pick<Harness['app'], 'request'>;

  const jwk = async ({ publicKey }: Pair, kid: string) => ({
    ...(await exportJWK(publicKey)),
    kid,
  });
  const withTokens = (options: Partial<TokenOptions> = {}) => {
    const tokens = createTokens({ issuer: ISSUER, audience: AUDIENCE, jwksUrl, ...options });
    const credentials = keysOrTokens(createCredentials(api.tenants), tokens);
    return heldToContract(createApp({ ...api.deps, credentials }));
  };
  before(async () => {
    api = await createHarness();
    pair = await generateKeyPair('ES256', { extractable: true });
    published = [await jwk(pair, 'k1')];
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (published === undefined) return void response.writeHead(500).end();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: published }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    app = withTokens();
  });
  after(async () => {
    server.close();
    await api.close();
  });

  const good = () => ({ tenant: api.acme.id, scope: 'orders:read orders:write' });
  const signed = (
    claims: JWTPayload = good(),
    options: { header?: object; by?: Pair; exp?: string | number; iss?: string; aud?: string } = {},
  ): Promise<string> => {
    const { header = {}, by = pair, exp = '5m', iss = ISSUER, aud = AUDIENCE } = options;
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header })
      .setIssuer(iss)
      .setAudience(aud)
      .setExpirationTime(exp)
      .sign(by.privateKey);
  };
  const read = (key: string, on = app) => on.request('/v1/products', getOf({ key }));

  it('of the issuer lets its tenant do what its scopes say, and nothing else', async () => {
    const key = await signed();
    assert.equal((await read(key)).status, 200);
    const placed = await app.request('/v1/orders', postOf({ key }));
    assert.equal(placed.status, 202);
    const { links } = await orderIn(placed);
    assert.equal((await app.request(links.self, getOf({ key }))).status, 200);
    const other = await signed({ ...good(), tenant: api.globex.id });
    assert.equal((await app.request(links.self, getOf({ key: other }))).status, 404);
    for (const scope of ['', 'orders:write', 'orders:reader']) {
      assert.equal((await read(await signed({ ...good(), scope }))).status, 403, scope);
    }
    assert.equal((await read(api.acme.key)).status, 200, 'API keys go on working');
  });

  it('is an operator’s by its subject and scope, and never a tenant’s client’s as well', async () => {
    const tokens = createTokens({ issuer: ISSUER, audience: AUDIENCE, jwksUrl });
    const principal = async (claims: JWTPayload) => tokens.authenticate(await signed(claims));
    const scope = 'operations orders:read';
    assert.deepEqual(await principal({ sub: 'ann', scope }), {
      tenantId: '',
      operator: 'ann',
      scopes: ['operations'],
    });
    assert.deepEqual(await principal({ sub: 'ann', scope, tenant: api.acme.id }), {
      tenantId: api.acme.id,
      scopes: ['orders:read'],
    });
    for (const claims of [{ scope }, { scope, sub: ' ' }, { sub: 'ann', scope: 'operation' }]) {
      assert.equal(await principal(claims), undefined, JSON.stringify(claims));
    }
  });

  const now = () => Math.floor(Date.now() / 1_000);
  const bad: [what: string, make: () => string | Promise<string>][] = [
    ['of another issuer', () => signed(good(), { iss: 'https://evil.example' })],
    ['for another audience', () => signed(good(), { aud: 'other' })],
    ['that has ended', () => signed(good(), { exp: now() - 60 })],
    ['that is not valid yet', () => signed({ ...good(), nbf: now() + 120 })],
    [
      'without an end',
      () =>
        new SignJWT(good())
          .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
          .setIssuer(ISSUER)
          .setAudience(AUDIENCE)
          .sign(pair.privateKey),
    ],
    ['without a tenant', () => signed({ scope: 'orders:read' })],
    ['of two tenants', () => signed({ ...good(), tenant: [api.acme.id, api.globex.id] })],
    ['of a tenant that is no name', () => signed({ ...good(), tenant: "ten_x' OR 1=1" })],
    [
      'that is not signed',
      () =>
        new UnsecuredJWT(good())
          .setIssuer(ISSUER)
          .setAudience(AUDIENCE)
          .setExpirationTime('5m')
          .encode(),
    ],
    [
      'signed with the public key as a secret',
      async () =>
        await new SignJWT(good())
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .setIssuer(ISSUER)
          .setAudience(AUDIENCE)
          .setExpirationTime('5m')
          .sign(new TextEncoder().encode(await exportSPKI(pair.publicKey))),
    ],
    [
      'that brings its own key along',
      async () => {
        const by = await generateKeyPair('ES256', { extractable: true });
        return signed(good(), { by, header: { jwk: await jwk(by, 'k1') } });
      },
    ],
    [
      'that says where its key is',
      async () => {
        const by = await generateKeyPair('ES256');
        const jku = jwksUrl.replace('jwks', 'evil');
        return signed(good(), { by, header: { jku, x5u: jku } });
      },
    ],
    [
      'by a key that nobody published',
      async () => signed(good(), { by: await generateKeyPair('ES256'), header: { kid: 'k2' } }),
    ],
    ['with a path for a key', () => signed(good(), { header: { kid: '../../etc/passwd' } })],
    [
      'with a critical header that we do not know',
      async () => {
        const [, payload = '', signature = ''] = (await signed()).split('.');
        const header = { alg: 'ES256', kid: 'k1', crit: ['x'], x: 1 };
        return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`;
      },
    ],
    [
      'that was changed',
      async () => {
        const [header = '', , signature = ''] = (await signed()).split('.');
        const claims = {
          ...good(),
          iss: ISSUER,
          aud: AUDIENCE,
          exp: now() + 300,
          tenant: api.globex.id,
        };
        return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
      },
    ],
    ['that is none', () => 'a.b.c'],
  ];
  for (const [what, make] of bad) {
    it(`${what} is answered as an unknown key is`, async () => {
      const answerTo = async (key: string) => {
        const answer = await read(key);
        const body = (await answer.json()) as ProblemBody;
        const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id');
        return { status: answer.status, headers, body: { ...body, instance: '' } };
      };
      const unknown = await answerTo('mg_dev_nobody');
      assert.equal(unknown.status, 401);
      assert.deepEqual(await answerTo(await make()), unknown);
    });
  }

  it('makes us ask nobody but the issuer', () => {
    assert.deepEqual([...new Set(asked)], ['/jwks']);
  });

  it('of a newly published key works; of a withdrawn one no more when the set is old', async () => {
    const fresh = withTokens({ cooldownMs: 0, believedMs: 0 });
    const next = await generateKeyPair('ES256', { extractable: true });
    const old = await signed();
    assert.equal((await read(old, fresh)).status, 200);
    published = [await jwk(pair, 'k1'), await jwk(next, 'k2')];
    const newer = await signed(good(), { by: next, header: { kid: 'k2' } });
    assert.equal((await read(newer, fresh)).status, 200);
    published = [await jwk(next, 'k2')];
    assert.equal((await read(old, fresh)).status, 401);
    assert.equal((await read(newer, fresh)).status, 200);
    published = [await jwk(pair, 'k1')];
  });

  it('with unknown keys does not make us ask the issuer each time', async () => {
    const app = withTokens();
    assert.equal((await read(await signed(), app)).status, 200);
    asked = [];
    for (let n = 0; n < 10; n++) {
      const key = await signed(good(), { header: { kid: `unknown-${n}` } });
      assert.equal((await read(key, app)).status, 401);
    }
    assert.ok(asked.length <= 1, `asked ${asked.length} times`);
  });

  it('is not judged while the issuer does not answer, unless its keys are known', async () => {
    const known = withTokens();
    const key = await signed();
    assert.equal((await read(key, known)).status, 200);
    published = undefined;
    assert.equal((await read(key, withTokens())).status, 503);
    assert.equal((await read(key, known)).status, 200);
    published = [await jwk(pair, 'k1')];
  });
});
