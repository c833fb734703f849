/**
 * `npm run stack:production`: what docker-compose.yml says, with the stand-ins, brought up without
 * a container engine. The file is the only description of the stack; this reads it and runs it.
 */
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Complaint } from '../complaint.ts';
import { readEndpoints, writeEndpoints } from '../endpoints.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Setting } from '../parts.ts';
import { cacheDirectory } from '../places.ts';
import { endPostgres, withClient } from '../postgres.ts';
import { reasonIn, runTethered } from '../processes.ts';
import { runSession } from '../session.ts';
import type { Session } from '../session.ts';
import { createOperatorKey, keyEnvironment } from '../shop.ts';
import { stockShop } from '../stocked.ts';
import { temporalBinary } from '../temporal-binary.ts';
import { readCompose } from './compose.ts';
import type { Service } from './compose.ts';
import { settleHere } from './here.ts';
import type { Here } from './here.ts';
import { layOut, readImage } from './image.ts';
import { endLeftovers } from './programs.ts';
import type { Stage } from './programs.ts';
import { runServices } from './services.ts';
import { temporalServer, temporalUi } from './temporal-programs.ts';

export async function launchProduction(session: Session): Promise<void> {
  const since = Date.now();
  await runSession(session, async (setting) => {
    const { services, stage } = await prepare(setting);
    await runServices(stage, services);
    const endpoints = await introduce(setting, services, stage.here);
    writeEndpoints(setting.state, endpoints);
    setting.say(whatToOpen(endpoints, setting.state));
    setting.say(`makegood is ready, after ${((Date.now() - since) / 1_000).toFixed(1)} s`);
  });
}

async function prepare(setting: Setting): Promise<{ services: readonly Service[]; stage: Stage }> {
  const { root, state, environment, ports, fleet, say } = setting;
  const cacheDir = cacheDirectory(environment);
  await Promise.all([endPostgres(state, cacheDir), endLeftovers(state)]);
  const variables = { POSTGRES_PASSWORD: passwordIn(state), ...environment };
  const services = readCompose(join(root, 'docker-compose.yml'), ['stand-ins'], variables);
  const image = readImage(join(root, 'Dockerfile'));
  const [app, build] = [join(state, 'app'), join(state, 'build')];
  const folders = { [image.home]: app, '/books': join(state, 'books') };
  const here = await settleHere(services, ports, folders);
  const wish = { cacheDir, environment, logFile: join(state, 'logs', 'setup.log'), say };
  // One after the other: each would like all of the machine.
  const command = await temporalBinary(wish);
  const server = await temporalServer(wish, versionOf(services, 'temporal'));
  const ui = await temporalUi(wish, versionOf(services, 'temporal-ui'));
  await makeBuild(setting, build);
  layOut(image, build, app);
  const bin = commandsIn(join(state, 'bin'), { temporal: command, psql });
  const path = [bin, server, dirname(process.execPath), environment['PATH']].join(':');
  const stage = { state, cacheDir, fleet, say, here, image, app, build, server, ui, path };
  return { services, stage };
}

const psql = fileURLToPath(new URL('psql.mjs', import.meta.url));

/** The database keeps the password that it was made with. */
function passwordIn(state: string): string {
  const file = join(state, 'postgres-password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

function versionOf(services: readonly Service[], name: string): string {
  const [, version] = services.find((each) => each.name === name)?.image.split(':') ?? [];
  if (version === undefined) throw new Complaint(`docker-compose.yml: ${name} has no version`);
  return version;
}

/** What the Dockerfile's build stage has: dist from a build of now, beside what was there. */
async function makeBuild({ root, state, say }: Setting, build: string): Promise<void> {
  const logFile = join(state, 'logs', 'build.log');
  say('building (npm run build)');
  const script = runTethered({
    command: process.execPath,
    args: [join(root, 'scripts', 'build.mjs')],
    cwd: root,
    env: process.env,
    logFile,
    stop: [{ signal: 'SIGTERM', withinMs: 2_000 }],
  });
  const how = await script.ended;
  if (how !== 'exit code 0')
    throw new Complaint(`npm run build failed (${how}): ${reasonIn(logFile)}`);
  rmSync(build, { recursive: true, force: true });
  // Copied, so that the next `npm run build` takes nothing away from what runs.
  for (const name of ['dist', 'package.json', 'migrations', 'docs/problems']) {
    cpSync(join(root, name), join(build, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(build, 'node_modules'));
}

function commandsIn(folder: string, commands: Readonly<Record<string, string>>): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, file] of Object.entries(commands)) symlinkSync(file, join(folder, name));
  return folder;
}

/** What is left to do once everything runs: keys, and something to sell. */
async function introduce(
  setting: Setting,
  services: readonly Service[],
  here: Here,
): Promise<Endpoints> {
  const api = services.find(({ name }) => name === 'api');
  if (api === undefined) throw new Complaint('docker-compose.yml: there is no service api');
  const url = (service: string, variable: string, replica = 1): string =>
    `http://127.0.0.1:${here.portOf(service, variable, replica)}`;
  const ofEach = (variable: string): string[] =>
    Array.from({ length: api.replicas }, (_, at) => url('api', variable, at + 1));
  const { DATABASE_URL: databaseUrl = '', TEMPORAL_ADDRESS: temporalAddress = '' } =
    here.environmentOf(api, 1);
  return {
    apiUrl: url('api', 'API_PORT'),
    apiUrls: ofEach('API_PORT'),
    operationsUrl: url('api', 'OPERATIONS_PORT'),
    operationsUrls: ofEach('OPERATIONS_PORT'),
    temporalAddress,
    temporalUiUrl: url('temporal-ui', 'TEMPORAL_UI_PORT'),
    mailUrl: url('mail', 'COUNTERPARTY_PORT'),
    gatewayUrl: url('gateway', 'COUNTERPARTY_PORT'),
    carrierUrl: url('carrier', 'COUNTERPARTY_PORT'),
    databaseUrl,
    apiKey: await stockShop(setting, databaseUrl),
    operatorKey:
      readEndpoints(setting.state)?.operatorKey ?? (await operatorKey(setting, databaseUrl)),
  };
}

function operatorKey({ environment }: Setting, databaseUrl: string): Promise<string> {
  return withClient(databaseUrl, (client) =>
    createOperatorKey(client, 'operator', keyEnvironment(environment)),
  );
}

function whatToOpen(endpoints: Endpoints, state: string): string {
  const { apiUrls = [], operationsUrls = [], temporalUiUrl, mailUrl } = endpoints;
  const rows = [
    ...apiUrls.map((url, at) => [`API ${at + 1}`, `${url}/docs`]),
    ...operationsUrls.map((url, at) => [`Operations ${at + 1}`, url]),
    ['Temporal UI', temporalUiUrl ?? ''],
    ['Mails', mailUrl ?? ''],
    ['API key', endpoints.apiKey],
    ["Operator's key", endpoints.operatorKey ?? ''],
    ['All of it', join(state, 'endpoints.json')],
    ['Logs', join(state, 'logs')],
  ];
  return `
${rows.map(([name = '', what = '']) => `  ${name.padEnd(14)} ${what}`).join('\n')}

Ctrl-C stops everything and keeps the state; npm run stack:production -- --reset forgets it.
`;
}
