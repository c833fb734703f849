import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { readConfig, tokenIssuer, VARIABLES } from '../src/config.ts';

describe('The configuration', () => {
  const production = {
    MAKEGOOD_ENV: 'production',
    DATABASE_URL: 'postgres://makegood:zQ8-vR2-kT5@db.example/makegood',
    STRIPE_SECRET_KEY: 'sk_live_example',
    WEBHOOK_SECRET_KEYS: Buffer.alloc(32, 'a').toString('base64'),
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
    ['STRIPE_WEBHOOK_SECRET', 'whsec_live_one,whsec_standin'],
    ['DATABASE_URL', 'postgres://makegood:password@db.example/makegood'],
    ['DATABASE_URL', 'postgres://postgres:Postgres@db.example/makegood'],
    ['SMTP_URL', 'smtp://shop:%73ecret@mail.example'],
    ['JWT_JWKS_URL', 'http://login.example/jwks'],
    ['WEBHOOK_SECRET_KEYS', ''],
    ['WEBHOOK_ALLOW_PRIVATE', 'true'],
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

  it('has as many webhook secrets as are given, and none that is half of one', () => {
    const secretsOf = (text: string) =>
      readConfig({ ...production, STRIPE_WEBHOOK_SECRET: text }).STRIPE_WEBHOOK_SECRET;
    assert.deepEqual(secretsOf(''), []);
    assert.deepEqual(secretsOf('whsec_new, whsec_old'), ['whsec_new', 'whsec_old']);
    for (const text of ['whsec_new,', 'short', 'whsec_a b'])
      assert.throws(() => secretsOf(text), /STRIPE_WEBHOOK_SECRET: must be secrets/);
  });

  it('of tokens is whole, or not there', () => {
    for (const name of Object.keys(tokens)) {
      const config = readConfig({ ...production, ...tokens, [name]: '' });
      assert.throws(() => tokenIssuer(config), /set all of them, or none/);
    }
  });

  it('has the same names in .env.example, docs/configuration.md and docker-compose.yml', async () => {
    const all = VARIABLES.toSorted();
    const example = await textOf('.env.example');
    assert.deepEqual(names(example, /^([A-Z_]+)=/gm), all);

    const page = await textOf('docs/configuration.md');
    const firstCells = page.match(/^\| `[^|]+/gm)?.join('\n') ?? '';
    assert.deepEqual(names(firstCells, /`([A-Z_]+)`/g), all);

    const compose = await textOf('docker-compose.yml');
    const [block = ''] = /^x-makegood-environment:.*?\n\n/ms.exec(compose) ?? [];
    const passedOn = all.filter((name) => !NOT_PASSED_ON.has(name));
    assert.deepEqual(names(block, /^ {2}([A-Z_]+):/gm), passedOn);
  });
});

function textOf(file: string): Promise<string> {
  return readFile(new URL(`../${file}`, import.meta.url), 'utf8');
}

function names(text: string, of: RegExp): string[] {
  return [...text.matchAll(of)].map(([, name = '']) => name).sort();
}

/** By docker-compose.yml to API and worker alike. */
const NOT_PASSED_ON: ReadonlyMap<string, string> = new Map([
  ['API_HOST', 'the API alone has it'],
  ['API_PORT', 'is published as it is'],
  ['OPERATIONS_PORT', 'is where the image asks for its health'],
  ['TEMPORAL_API_KEY', 'its Temporal has none'],
  ['TEMPORAL_NAMESPACE', 'its jobs make the default one'],
  ['TEMPORAL_TASK_QUEUE', 'one worker, one queue'],
  ['WORKER_METRICS_ADDRESS', 'the worker alone has it'],
  ['WORKFLOW_BUNDLE', 'is in the image'],
  ['WORKER_BUILD_ID', 'the only worker takes over what the one before it left'],
  ['WORKER_DEPLOYMENT_NAME', 'belongs to a build ID'],
]);
