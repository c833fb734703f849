/**
 * Temporal as docker-compose.yml has it, instead of the dev server: the real server on the run's own
 * PostgreSQL, its schema and namespace made by the jobs of the compose file. For test runs with
 * MAKEGOOD_TEST_TEMPORAL=server.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFleet } from '../../src/launcher/fleet.ts';
import { cacheDirectory } from '../../src/launcher/places.ts';
import { createPorts } from '../../src/launcher/ports.ts';
import { readCompose } from '../../src/launcher/production/compose.ts';
import type { Service } from '../../src/launcher/production/compose.ts';
import { settleHere } from '../../src/launcher/production/here.ts';
import { readImage } from '../../src/launcher/production/image.ts';
import { runServices } from '../../src/launcher/production/services.ts';
import { temporalServer, temporalUi } from '../../src/launcher/production/temporal-programs.ts';
import { temporalBinary } from '../../src/launcher/temporal-binary.ts';
import type { Services } from './services.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

// Its server keeps ports in a smallint: above 32,767, where free ones are found first, it cannot start.
const FIRST_PORT = 15_000 + (process.pid % 500) * 20;

const OURS = ['temporal-schema', 'temporal', 'temporal-namespace', 'temporal-ui'];

export async function startTemporalServer(
  state: string,
  { adminUrl }: Pick<Services['postgres'], 'adminUrl'>,
): Promise<Services['temporal'] & { readonly stop: () => Promise<void> }> {
  const say = (line: string): void => console.log(line);
  const postgres = new URL(adminUrl);
  const all = readCompose(join(root, 'docker-compose.yml'), [], {
    POSTGRES_PASSWORD: postgres.password,
  });
  const ports = createPorts({ file: join(state, 'temporal-ports.json'), environment: {} });
  const take = ({ variable }: { readonly variable: string }) =>
    variable === 'POSTGRES_1_PGPORT'
      ? Promise.resolve(Number(postgres.port))
      : ports.take({ variable, preferred: FIRST_PORT });
  const here = await settleHere(all, { take }, {});
  const cacheDir = cacheDirectory(process.env);
  const logFile = join(state, 'logs', 'setup.log');
  const wish = { cacheDir, environment: process.env, logFile, say };
  const versionOf = (name: string) => all.find((each) => each.name === name)?.image.split(':')[1];
  const binary = await temporalBinary(wish);
  const server = await temporalServer(wish, versionOf('temporal') ?? '');
  const ui = await temporalUi(wish, versionOf('temporal-ui') ?? '');
  const bin = join(state, 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(binary, join(bin, 'temporal'));
  const fleet = createFleet(say);
  const image = readImage(join(root, 'Dockerfile'));
  const path = [bin, server, dirname(process.execPath), process.env['PATH']].join(':');
  const folders = { app: root, build: root, server, ui, path };
  const stage = { state, cacheDir, fleet, say: () => undefined, here, image, ...folders };
  await runServices(stage, all.filter(({ name }) => OURS.includes(name)).map(hurried(state)));
  return {
    address: `127.0.0.1:${here.portOf('temporal', 'FRONTEND_GRPC_PORT')}`,
    uiUrl: `http://127.0.0.1:${here.portOf('temporal-ui', 'TEMPORAL_UI_PORT')}`,
    binary,
    stop: () => fleet.drain(),
  };
}

/** Waits for nothing that runs already, and sees an older build drained in seconds, as the dev server does. */
function hurried(state: string): (service: Service) => Service {
  const file = join(state, 'dynamic-config.yaml');
  const hurry = ['VisibilityGracePeriod', 'RefreshInterval'].map(
    (what) => `matching.wv.VersionDrainageStatus${what}:\n  - value: 2s\n`,
  );
  writeFileSync(file, hurry.join(''));
  return (service) => ({
    ...service,
    after: service.after.filter((name) => OURS.includes(name)),
    environment: {
      ...service.environment,
      ...(service.name === 'temporal' && { DYNAMIC_CONFIG_FILE_PATH: file }),
    },
  });
}
