/**
 * Temporal's own programs as its images have them, built from the Go module proxy and cached by
 * version: the server, the tool that makes its schema, and the UI with its configuration.
 */
import { execFile } from 'node:child_process';
import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { goInstall, inCache } from '../go.ts';
import type { Wish } from '../go.ts';

const here = `${process.platform}-${process.arch}`;

const otherwise = 'use docker-compose.yml with a container engine';

/** The folder with `temporal-server` and `temporal-sql-tool`. */
export function temporalServer(wish: Wish, version: string): Promise<string> {
  return inCache(wish.cacheDir, `temporal-server-${version}-${here}`, async (to) => {
    const sources = ['server', 'tools/sql'].map((path) => `${SERVER}/cmd/${path}@v${version}`);
    const name = `Temporal server ${version}`;
    await goInstall(wish, { name, sources, to, takes: '5 to 8 minutes', otherwise });
    await rename(join(to, 'server'), join(to, 'temporal-server'));
    await rename(join(to, 'sql'), join(to, 'temporal-sql-tool'));
    return to;
  });
}

const SERVER = 'go.temporal.io/server';

/** The folder with `ui-server`, and with `docker.yaml`, its configuration, which reads the environment. */
export function temporalUi(wish: Wish, version: string): Promise<string> {
  return inCache(wish.cacheDir, `temporal-ui-${version}-${here}`, async (to) => {
    const sources = [`${UI}/cmd/server@v${version}`];
    const name = `Temporal UI ${version}`;
    await goInstall(wish, { name, sources, to, takes: 'half a minute', otherwise });
    await rename(join(to, 'server'), join(to, 'ui-server'));
    await copyFile(
      join(await moduleFolder(wish, version), 'config/docker.yaml'),
      join(to, 'docker.yaml'),
    );
    return to;
  });
}

const UI = 'github.com/temporalio/ui-server/v2';

async function moduleFolder({ environment }: Wish, version: string): Promise<string> {
  const asked = ['mod', 'download', '-json', `${UI}@v${version}`];
  const { stdout } = await promisify(execFile)('go', asked, { env: environment });
  return z.object({ Dir: z.string() }).parse(JSON.parse(stdout)).Dir;
}
