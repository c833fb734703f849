/**
 * Names one process for good. Its ID alone does not, because the system gives it to another one
 * later: with the time of its birth it does. Plain JavaScript, for what runs before anything is
 * installed.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

/** `pid birth` of a process that lives. */
export function nameOf(pid) {
  return `${pid} ${birthOf(pid)}`;
}

/** The ID in a file that somebody wrote a name to, if that very process still lives. */
export function livingIn(file) {
  if (!fs.existsSync(file)) return undefined;
  const name = fs.readFileSync(file, 'utf8');
  const pid = Number.parseInt(name, 10);
  return birthOf(pid) !== undefined && nameOf(pid) === name ? pid : undefined;
}

function birthOf(pid) {
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    }
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may contain anything; after it come the state, which for
    // a zombie is Z, and as field 22 the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
