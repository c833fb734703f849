/**
 * `npm start`: installs what is missing, then runs the launcher in this same process, so that
 * stopping this process is stopping everything.
 */
import util from 'node:util';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ensureInstalled,
  isInstalled,
  platformProblem,
  takeLock,
  thisMachine,
} from './src/launcher/bootstrap.mjs';

const help = `npm start [-- options]

Brings up PostgreSQL, Temporal, the stand-ins, the worker and the API, and places sample orders.
Ctrl-C stops everything; the state stays in .makegood for the next start.

  --reset        forget the state of earlier starts first
  --no-samples   place no sample orders
  --install      get what is missing (packages, Temporal), and do no more
  --production   the stack of docker-compose.yml instead, without containers (npm run stack:production)
  --state        the folder of its state, .makegood/production if not given
  --help         this text

DATABASE_URL, TEMPORAL_ADDRESS and STRIPE_SECRET_KEY replace what would be started; API_PORT and the
other ports fix what would be the next free one: docs/configuration.md lists them all.`;

const say = (line) => void process.stdout.write(`${line}\n`);

try {
  const problem = platformProblem(thisMachine());
  if (problem !== undefined) throw new Error(problem);
  const options = readOptions();
  if (options.help) say(help);
  else await start(options);
} catch (error) {
  process.stderr.write(`makegood cannot start: ${error.message}\n`);
  process.exitCode = 1;
}

function readOptions() {
  const flag = { type: 'boolean', default: false };
  return util.parseArgs({
    options: {
      ...{ reset: flag, 'no-samples': flag, install: flag, help: flag, production: flag },
      state: { type: 'string', default: path.join('.makegood', 'production') },
    },
  }).values;
}

function lockOf(state) {
  const lock = takeLock(path.join(state, 'launcher.lock'));
  if (lock.holder === undefined) return lock;
  throw new Error(`it already runs in this checkout, as process ${lock.holder}: stop that first`);
}

async function start(options) {
  const root = path.dirname(fileURLToPath(import.meta.url));
  process.chdir(root);
  // Tests may run beside a running stack, which has installed everything already.
  const state = path.resolve(root, options.production ? options.state : '.makegood');
  const lock = options.install && isInstalled(root) ? {} : lockOf(state);
  await ensureInstalled(root, say);
  const { register } = await import('tsx/esm/api');
  register();
  if (options.install) {
    const { prepare } = await import('./src/launcher/prepare.ts');
    await prepare(root, say);
    return;
  }
  const session = { root, state, reset: options.reset, abandoned: lock.abandoned };
  if (options.production) {
    const { launchProduction } = await import('./src/launcher/production/main.ts');
    await launchProduction(session);
    return;
  }
  const { launch } = await import('./src/launcher/main.ts');
  await launch(session, { samples: !options['no-samples'] });
}
