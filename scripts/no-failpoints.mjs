/** Failpoints are for tests: nothing that goes to production may know of them, not even by name. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files below these paths that mention failpoints. */
export function mentionsOfFailpoints(paths) {
  return paths.flatMap(filesBelow).filter((file) => /failpoint/i.test(readFileSync(file, 'utf8')));
}

function filesBelow(path) {
  try {
    return readdirSync(path).flatMap((name) => filesBelow(join(path, name)));
  } catch (error) {
    if (error.code !== 'ENOTDIR') throw error;
    return [path];
  }
}
