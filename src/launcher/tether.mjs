/**
 * Holds one process that cannot notice the death of its parent (PostgreSQL, Temporal, a build) and
 * stops it when the launcher is gone. The kernel closes the channel to the launcher however the
 * launcher dies, so this works after kill -9 too. Plain JavaScript, so that it starts at once.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { nameOf } from './birth.mjs';

const { command, args, cwd, uid, gid, stop, pidFile } = JSON.parse(process.argv[2]);

let stopping = false;
const held = spawn(command, args, { cwd, uid, gid, stdio: ['ignore', 'inherit', 'inherit'] });

// For the next start, should this process be killed together with the launcher.
if (pidFile && held.pid) fs.writeFileSync(pidFile, nameOf(held.pid));

held.once('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
held.once('exit', (code, signal) => {
  if (stopping) killGroup();
  process.exit(code ?? 128 + constants.signals[signal]);
});

process.once('disconnect', () => void letGo());
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => void letGo());

async function letGo() {
  if (stopping) return;
  stopping = true;
  for (const { signal, withinMs } of stop) {
    held.kill(signal);
    await sleep(withinMs);
  }
  held.kill('SIGKILL');
}

/** What the held process started and left behind, a compiler for instance, is in our group. */
function killGroup() {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    // We lead no group when somebody runs this file by hand.
  }
}
