import assert from 'node:assert/strict';
import { readConfig, tokenIssuer } from '../src/config.ts';

describe('The configuration', () => {
  const production = {
    MAKEGOOD_ENV: 'production',
    DATABASE_URL: 'postgres://makegood:zQ8-vR2-kT5@db.example/makegood',
    STRIPE_SECRET_KEY: 'sk_live_example',
    CARRIER_URL: 'https://carrier.example',
    SMTP_URL: 'smtps://shop:nM4-bX7-wL9@mail.example',
  };
  const tokens = {
    JWT_ISSUER: 'https://login.example',
    JWT_AUDIENCE: 'makegood',
    JWT_JWKS_URL: 'https://login.example/jwks',
  };

  it('is taken in production when its secrets are secret', () => {
    const config = readConfig({ ...production, ...tokens });
    assert.equal(tokenIssuer(config)?.audience, 'makegood');
    assert.equal(tokenIssuer(readConfig(production)), undefined);
  });

  for (const [name, value] of [
    ['STRIPE_SECRET_KEY', 'sk_test_standin'],
    ['DATABASE_URL', 'postgres://makegood:password@db.example/makegood'],
    ['DATABASE_URL', 'postgres://postgres:Postgres@db.example/makegood'],
    ['SMTP_URL', 'smtp://shop:%73ecret@mail.example'],
    ['JWT_JWKS_URL', 'http://login.example/jwks'],
  ] as const) {
    it(`is refused in production, and only there, with ${name}=${value}`, () => {
      const config = { ...production, ...tokens, [name]: value };
      assert.throws(
        () => readConfig(config),
        new RegExp(`^Error: Refused in production:\\n {2}${name}: `),
      );
      assert.ok(readConfig({ ...config, MAKEGOOD_ENV: 'development' }));
    });
  }

  it('names all that is wrong at once, and repeats no secret', () => {
    const secret = {
      DATABASE_URL: 'postgres://a:changeme@db/x',
      SMTP_URL: 'smtp://a:changeme@mail',
    };
    assert.throws(
      () => readConfig({ ...production, ...secret }),
      ({ message }: Error) =>
        /DATABASE_URL.*\n.*SMTP_URL/.test(message) && !/changeme/.test(message),
    );
  });

  it('of tokens is whole, or not there', () => {
    for (const name of Object.keys(tokens)) {
      const config = readConfig({ ...production, ...tokens, [name]: '' });
      assert.throws(() => tokenIssuer(config), /set all of them, or none/);
    }
  });
});
